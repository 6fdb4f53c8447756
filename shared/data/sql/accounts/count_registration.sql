INSERT INTO registrations (id, source, at)
SELECT id, :source, at FROM operations WHERE id = :operation AND row_id IS NOT NULL AND :source IS NOT NULL
