-- The hash of the same password is replaced where its parameters are not good enough any more.
UPDATE logins SET signed_in_at = :now, password_hash = coalesce(:new_hash, password_hash), operation_id = :operation
WHERE person_id = (SELECT row_id FROM operations WHERE id = :operation)
