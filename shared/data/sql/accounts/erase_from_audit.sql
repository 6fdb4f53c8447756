UPDATE audit SET source = NULL
WHERE account_id = (SELECT row_id FROM operations WHERE id = :operation) AND source IS NOT NULL
