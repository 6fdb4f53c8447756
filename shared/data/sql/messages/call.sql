-- Nothing can be sent to these readers, so somebody has to call them.
UPDATE messages SET state = 'Call', claim = NULL, claimed_until = NULL
WHERE claim = :operation AND sent_to IS NULL AND EXISTS (SELECT 1 FROM operations WHERE operations.id = :operation)
