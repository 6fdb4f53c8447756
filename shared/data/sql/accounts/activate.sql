UPDATE people SET active = 1, operation_id = :operation
WHERE id = coalesce((SELECT merged_into FROM people WHERE id = :id), :id)
  AND erased_at IS NULL AND active = 0 AND :account_type = 'Admin'
  AND EXISTS (SELECT 1 FROM operations WHERE id = :operation)
