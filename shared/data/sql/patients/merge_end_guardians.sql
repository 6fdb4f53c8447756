UPDATE guardians SET active = 0, operation_id = :operation
WHERE (patient_id = :id OR account_id = :id) AND active = 1
  AND EXISTS (SELECT 1 FROM operations WHERE operations.id = :operation AND row_id = :into)
