UPDATE people SET name = :name, name_key = :name_key, operation_id = :operation
WHERE id = :caller AND EXISTS (SELECT 1 FROM operations WHERE id = :operation)
