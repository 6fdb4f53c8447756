UPDATE closures SET deleted_at = :now, operation_id = :operation
WHERE id = :id AND deleted_at IS NULL AND :account_type = 'Admin'
  AND EXISTS (SELECT 1 FROM operations WHERE id = :operation)
