INSERT INTO people (account_type, name, name_key, created_at, operation_id)
SELECT 'Admin', :name, :name_key, at, id FROM operations
WHERE id = :operation AND NOT EXISTS (SELECT 1 FROM people WHERE account_type = 'Admin')
