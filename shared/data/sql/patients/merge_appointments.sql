UPDATE appointments SET patient_id = :into, version = version + 1, operation_id = :operation
WHERE patient_id = :id AND cancelled IN (0, 1)
  AND EXISTS (SELECT 1 FROM operations WHERE operations.id = :operation AND row_id = :into)
