-- The new email is not a valid address, so nobody can register it. No password has the new hash.
UPDATE logins SET
  email = 'erased-' || person_id, email_key = 'erased-' || person_id, search_key = 'erased-' || person_id,
  password_hash = '$argon2id$erased',
  signed_in_at = NULL, verified_at = NULL, operation_id = :operation
WHERE person_id = (SELECT row_id FROM operations WHERE id = :operation)
