INSERT INTO logins (person_id, email, email_key, search_key, password_hash, operation_id)
SELECT row_id, :email, :email_key, :search_key, :password_hash, id
FROM operations WHERE id = :operation AND row_id IS NOT NULL
