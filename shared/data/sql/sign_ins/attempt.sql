-- Counts a sign-in attempt if the limits allow it, and returns the credentials to compare the password with. Returns no
-- row if a limit is reached. If the statement runs twice, the attempt counts once: the update changes nothing, but
-- without it, RETURNING would not return the existing row.
INSERT INTO sign_in_attempts (id, email_hash, source, at)
SELECT :attempt, :email_hash, :source, :now
WHERE (
    SELECT count(*) FROM sign_in_attempts
    WHERE email_hash = :email_hash AND source = :source AND at > :now - 900 AND id <> :attempt) < :per_email_and_source
  AND (
    -- The limits for an hour do not apply if the account has signed in from this source before.
    EXISTS (
      SELECT 1 FROM sign_in_sources JOIN logins ON person_id = account_id
      WHERE email_key = :email_key AND source = :source)
    OR (
      (SELECT count(*) FROM sign_in_attempts WHERE source = :source AND at > :now - 3600 AND id <> :attempt) < :per_source
      AND (
        SELECT count(*) FROM sign_in_attempts AS counted
        WHERE email_hash = :email_hash AND at > :now - 3600 AND id <> :attempt
          AND NOT EXISTS (
            SELECT 1 FROM sign_in_sources JOIN logins ON person_id = account_id
            WHERE email_key = :email_key AND source = counted.source)) < :per_email))
ON CONFLICT (id) DO UPDATE SET at = at
RETURNING json_object(
  'earlier', (
    SELECT count(*) FROM sign_in_attempts
    WHERE email_hash = :email_hash AND source = :source AND at > :now - 900 AND id <> :attempt),
  'clinic', (SELECT public_id FROM clinic),
  'credentials', (
    SELECT json_object('id', people.id, 'account_type', account_type, 'password_hash', password_hash)
    FROM logins JOIN people ON people.id = person_id WHERE email_key = :email_key AND active = 1))
