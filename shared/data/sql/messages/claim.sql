-- Claims due messages: until `claimed_until`, only this sender may send them. If an earlier claim has ended without an
-- outcome, it is unknown whether that sender has sent the message. A message that waited for one that was dropped just now
-- can have nothing to say. The next claim drops it.
--
-- Messages to one reader that are due at the same time are claimed together, even over the limit, because they can be one
-- mail. `next_at` is set so that they are still due together if this claim ends without outcomes. The plus sign lets SQLite
-- search for them with the index `messages_of_reader`.
--
-- A message gets a new Message-ID, unless an earlier attempt may have been accepted with the present one.
UPDATE messages SET
  unknown = iif(claim IS NULL, unknown, 1), attempts = attempts + 1, claim = :operation, claimed_until = :claimed_until,
  next_at = :now, message_id = iif(claim IS NULL AND unknown = 0, lower(hex(randomblob(16))), message_id)
WHERE id IN (
    WITH claimable AS NOT MATERIALIZED (
      SELECT id, reader_id, next_at FROM messages
      WHERE state = 'Queued' AND next_at > 0 AND next_at <= :now AND coalesce(claimed_until, 0) <= :now
        AND NOT EXISTS (
          SELECT 1 FROM queued_appointment_messages AS queued
          WHERE queued.id = messages.id AND (waits OR says IS NULL OR says <> 'cancelled' AND start_at <= :now)))
    SELECT id FROM (
      SELECT id, rank() OVER (ORDER BY first.next_at, reader_id) AS place
      FROM (SELECT DISTINCT next_at, reader_id FROM (SELECT * FROM claimable ORDER BY next_at LIMIT :limit + 0)) AS first
      CROSS JOIN claimable USING (reader_id)
      WHERE +claimable.next_at = first.next_at)
    WHERE place <= :limit)
  AND EXISTS (SELECT 1 FROM operations WHERE operations.id = :operation)
