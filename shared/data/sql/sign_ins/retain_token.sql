-- Of the session that changed the password, this token stays good, and those that are issued from now on are.
UPDATE sessions SET generation = generation + 1, retained_token_id = :token_id
WHERE id = :session AND person_id = (SELECT row_id FROM operations WHERE id = :operation)
