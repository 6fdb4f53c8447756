UPDATE OR REPLACE sign_in_sources SET account_id = :into
WHERE account_id = :id AND EXISTS (SELECT 1 FROM operations WHERE operations.id = :operation AND row_id = :into)
