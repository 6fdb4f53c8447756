-- Records the outcomes of attempts, except for messages that another sender has claimed meanwhile. If an attempt
-- certainly failed, its content is removed, so that the next attempt has the newest state.
UPDATE messages SET
  state = value ->> 'state', next_at = coalesce(value ->> 'next_at', next_at), last_error = iif(value ->> 'released', last_error, value ->> 'error'),
  attempts = max(attempts - (value ->> 'released'), 0),
  sent_at = iif(value ->> 'state' = 'Sent', value ->> 'at', NULL),
  unknown = iif(value ->> 'state' = 'Sent', 0, max(unknown, value ->> 'unknown')),
  told = iif(value ->> 'state' = 'Queued' AND max(unknown, value ->> 'unknown') = 0, NULL, told),
  claim = NULL, claimed_until = NULL
FROM json_each(:outcomes)
WHERE messages.id = value ->> 'id' AND claim = unhex(:claim)
  AND EXISTS (SELECT 1 FROM operations WHERE operations.id = :operation)
