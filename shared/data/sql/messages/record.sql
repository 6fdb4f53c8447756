-- Records the outcomes of attempts, unless the claim was lost meanwhile. If an attempt certainly failed, the message is
-- as if it had never been claimed, and later tells the newest state.
UPDATE messages SET
  state = value ->> 'state', next_at = coalesce(value ->> 'next_at', next_at), last_error = value ->> 'error',
  sent_at = iif(value ->> 'state' = 'Sent', value ->> 'at', NULL),
  unknown = iif(value ->> 'state' = 'Sent', 0, max(unknown, value ->> 'unknown')),
  told = iif(value ->> 'state' = 'Queued' AND max(unknown, value ->> 'unknown') = 0, NULL, told),
  claim = NULL, claimed_until = NULL
FROM json_each(:outcomes)
WHERE messages.id = value ->> 'id' AND claim = unhex(:claim)
  AND EXISTS (SELECT 1 FROM operations WHERE operations.id = :operation)
