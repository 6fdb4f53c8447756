-- Deletes the failed sign-ins from this source to the account with the new password, so that its owner can sign in.
DELETE FROM sign_in_attempts
WHERE email_hash = :email_hash AND source = :source
  AND EXISTS (SELECT 1 FROM operations WHERE id = :operation AND row_id IS NOT NULL)
