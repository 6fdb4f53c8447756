UPDATE messages SET state = 'Done'
WHERE id = :id AND state IN ('Failed', 'Call') AND :account_type IN ('Admin', 'Receptionist')
  AND EXISTS (SELECT 1 FROM operations WHERE operations.id = :operation)
