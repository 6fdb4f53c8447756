DELETE FROM sign_in_attempts
WHERE id = :attempt AND EXISTS (SELECT 1 FROM operations WHERE id = :operation AND row_id IS NOT NULL)
