-- The patients that were merged into the merged one before.
UPDATE people SET merged_into = :into, operation_id = :operation
WHERE merged_into = :id AND EXISTS (SELECT 1 FROM operations WHERE operations.id = :operation AND row_id = :into)
