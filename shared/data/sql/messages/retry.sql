-- Starts a new series of attempts, of all messages of the mail. One alone could be sent with the Message-ID of a mail that
-- names the others too.
UPDATE messages SET state = 'Queued', next_at = :now, attempts = 0
WHERE state IN ('Queued', 'Failed', 'Call') AND :account_type IN ('Admin', 'Receptionist')
  AND (reader_id, message_id) = (
    SELECT reader_id, message_id FROM messages WHERE id = :id AND state IN ('Queued', 'Failed', 'Call'))
  AND EXISTS (SELECT 1 FROM operations WHERE operations.id = :operation)
