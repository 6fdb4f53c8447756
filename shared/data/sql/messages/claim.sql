-- Claims due messages: until `claimed_until`, only this sender may send them. If an earlier claim has ended without an
-- outcome, it is unknown whether that sender has sent the message.
UPDATE messages SET
  unknown = iif(claim IS NULL, unknown, 1), attempts = attempts + 1, claim = :operation, claimed_until = :claimed_until
WHERE id IN (
    SELECT id FROM messages
    WHERE state = 'Queued' AND next_at > 0 AND next_at <= :now AND coalesce(claimed_until, 0) <= :now
      AND NOT EXISTS (SELECT 1 FROM queued_appointment_messages AS queued WHERE queued.id = messages.id AND waits)
    ORDER BY next_at LIMIT :limit + 0)
  AND EXISTS (SELECT 1 FROM operations WHERE operations.id = :operation)
