-- Starts a new series of attempts.
UPDATE messages SET state = 'Queued', next_at = :now, attempts = 0
WHERE id = :id AND state IN ('Queued', 'Failed', 'Call') AND :account_type IN ('Admin', 'Receptionist')
  AND EXISTS (SELECT 1 FROM operations WHERE operations.id = :operation)
