-- Sets the password. A trigger ends this link and all others of the account. The link also proves that the email is
-- the reader's, if it was sent to it.
UPDATE logins SET
  password_hash = :new_hash, operation_id = :operation,
  verified_at = iif(
    email = (SELECT sent_to FROM account_links WHERE hash = :hash), coalesce(verified_at, :now), verified_at)
WHERE person_id = (SELECT actor_id FROM operations WHERE id = :operation)
