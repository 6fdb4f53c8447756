DELETE FROM sign_in_sources WHERE account_id = (SELECT row_id FROM operations WHERE id = :operation)
