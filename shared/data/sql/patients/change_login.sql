-- Changes the email of an invited patient. A trigger invites the patient again.
UPDATE logins SET
  email = :email, email_key = :email_key, search_key = :search_key, verified_at = NULL, operation_id = :operation
WHERE person_id = (SELECT row_id FROM operations WHERE id = :operation)
  AND :changes_email AND email IS NOT :email AND password_hash = '$argon2id$none'
