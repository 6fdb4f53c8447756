-- In the session that changed the password, this token stays valid. Its other tokens are revoked, because they
-- have an older generation.
UPDATE sessions SET generation = generation + 1, retained_token_id = :token_id
WHERE id = :session AND person_id = (SELECT row_id FROM operations WHERE id = :operation)
