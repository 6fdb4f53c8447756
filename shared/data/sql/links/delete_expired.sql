-- Deletes expired links, more at a time than a claim adds.
DELETE FROM links
WHERE hash IN (SELECT hash FROM links WHERE expires_at <= :now ORDER BY expires_at LIMIT 400)
  AND EXISTS (SELECT 1 FROM operations WHERE id = :operation)
