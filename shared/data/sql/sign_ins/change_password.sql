UPDATE logins SET password_hash = :new_hash, operation_id = :operation
WHERE person_id = :caller AND password_hash = :password_hash
  AND EXISTS (SELECT 1 FROM operations WHERE id = :operation)
