UPDATE logins SET
  email = :email, email_key = :email_key, search_key = :search_key, verified_at = :now, operation_id = :operation
WHERE person_id = (SELECT actor_id FROM operations WHERE id = :operation)
  AND EXISTS (SELECT 1 FROM account_links WHERE hash = :hash AND address = :email)
