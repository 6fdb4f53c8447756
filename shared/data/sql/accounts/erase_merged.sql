-- The patients who were merged into the erased one. The merge has removed the rest of their personal data.
UPDATE people SET erased_at = :now, idempotency_key = NULL, request_hash = NULL, operation_id = :operation
WHERE merged_into = (SELECT row_id FROM operations WHERE id = :operation) AND erased_at IS NULL
