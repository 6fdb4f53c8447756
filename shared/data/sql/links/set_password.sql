-- Sets the password. A trigger ends all links that can set a password or an email of the account, also this one. If the
-- link was sent to the account's email, the email is verified too.
UPDATE logins SET
  password_hash = :new_hash, operation_id = :operation,
  verified_at = iif(
    email = (SELECT sent_to FROM account_links WHERE hash = :hash), coalesce(verified_at, :now), verified_at)
WHERE person_id = (SELECT actor_id FROM operations WHERE id = :operation)
