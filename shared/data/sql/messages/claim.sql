-- Claims due messages: until `claimed_until`, only this sender may send them. If an earlier claim has ended without an
-- outcome, it is unknown whether that sender has sent the message. A message that waited for one that was dropped just now
-- can have nothing to say. The next claim drops it.
UPDATE messages SET
  unknown = iif(claim IS NULL, unknown, 1), attempts = attempts + 1, claim = :operation, claimed_until = :claimed_until
WHERE id IN (
    SELECT id FROM messages
    WHERE state = 'Queued' AND next_at > 0 AND next_at <= :now AND coalesce(claimed_until, 0) <= :now
      AND NOT EXISTS (
        SELECT 1 FROM queued_appointment_messages AS queued
        WHERE queued.id = messages.id AND (waits OR says IS NULL OR says <> 'cancelled' AND start_at <= :now))
    ORDER BY next_at LIMIT :limit + 0)
  AND EXISTS (SELECT 1 FROM operations WHERE operations.id = :operation)
