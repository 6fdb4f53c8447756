INSERT INTO closures (id, start_at, end_at, name, operation_id)
SELECT row_id, :start_at, :end_at, :name, id FROM operations WHERE id = :operation AND row_id IS NOT NULL
