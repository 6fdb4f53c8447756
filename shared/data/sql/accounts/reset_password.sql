UPDATE logins SET password_hash = :new_hash, operation_id = :operation
WHERE person_id = coalesce((SELECT merged_into FROM people WHERE id = :id), :id) AND :account_type = 'Admin'
  AND EXISTS (SELECT 1 FROM people WHERE id = person_id AND erased_at IS NULL)
  AND EXISTS (SELECT 1 FROM operations WHERE id = :operation)
