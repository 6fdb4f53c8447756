UPDATE guardians SET active = 0, operation_id = :operation
WHERE patient_id = coalesce((SELECT merged_into FROM people WHERE id = :id), :id)
  AND account_id = coalesce((SELECT merged_into FROM people WHERE id = :account), :account)
  AND active = 1 AND :account_type IN ('Admin', 'Receptionist')
  AND EXISTS (SELECT 1 FROM operations WHERE id = :operation)
