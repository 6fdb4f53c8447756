-- Makes one mail of the claimed messages that tell one reader the same kind of change: they get the Message-ID of the
-- first. Those with an unknown outcome keep theirs, so that each is sent again only in the mail that it may have been
-- sent in. Messages of one mail have equal attempts, so that they are due together again.
UPDATE messages SET message_id = (
  SELECT first.message_id FROM messages AS first
  WHERE first.claim = :operation AND first.reader_id = messages.reader_id AND first.kind = messages.kind
    AND first.attempts = messages.attempts AND first.unknown = 0
  ORDER BY first.id LIMIT 1)
WHERE claim = :operation AND unknown = 0 AND kind IN ('booked', 'moved', 'cancelled')
  AND EXISTS (SELECT 1 FROM operations WHERE operations.id = :operation)
