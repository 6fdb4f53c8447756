UPDATE links SET used_at = :now
WHERE hash = :hash AND used_at IS NULL AND EXISTS (SELECT 1 FROM operations WHERE id = :operation AND row_id IS NOT NULL)
