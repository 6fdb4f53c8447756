-- Notes that the account's email is verified, if the link was sent to it.
UPDATE logins SET verified_at = coalesce(verified_at, :now), operation_id = :operation
WHERE person_id = (SELECT actor_id FROM operations WHERE id = :operation)
  AND email = (SELECT sent_to FROM account_links WHERE hash = :hash AND address IS NULL)
