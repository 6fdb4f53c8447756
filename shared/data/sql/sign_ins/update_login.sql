-- Also replaces the hash of the same password if its parameters are outdated.
UPDATE logins SET signed_in_at = :now, password_hash = coalesce(:new_hash, password_hash), operation_id = :operation
WHERE person_id = (SELECT row_id FROM operations WHERE id = :operation)
