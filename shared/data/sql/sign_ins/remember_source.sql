INSERT INTO sign_in_sources (account_id, source, at)
SELECT row_id, :source, :now FROM operations WHERE id = :operation AND row_id IS NOT NULL
ON CONFLICT (account_id, source) DO UPDATE SET at = excluded.at
