UPDATE audit SET source = NULL
WHERE source IS NOT NULL AND account_id IN (
  SELECT row_id FROM operations WHERE id = :operation
  UNION ALL SELECT people.id FROM operations JOIN people ON merged_into = row_id WHERE operations.id = :operation)
