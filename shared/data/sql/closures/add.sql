INSERT INTO closures (start_at, end_at, name, operation_id)
SELECT :start_at, :end_at, :name, id FROM operations WHERE id = :operation AND :account_type = 'Admin'
