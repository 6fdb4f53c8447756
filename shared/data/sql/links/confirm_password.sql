-- Notes in the operation that the caller's password has not changed since it was compared.
UPDATE operations SET row_id = :caller
WHERE id = :operation
  AND EXISTS (SELECT 1 FROM logins WHERE person_id = :caller AND password_hash = :password_hash)
