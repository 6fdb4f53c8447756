-- Returns the time at which a refused attempt will be allowed: for each limit, enough of the counted attempts are then
-- too old to count.
SELECT max(
  coalesce((
    SELECT at + 900 FROM sign_in_attempts
    WHERE email_hash = :email_hash AND source = :source AND at > :now - 900 AND id <> :attempt
    ORDER BY at DESC LIMIT 1 OFFSET :per_email_and_source - 1), 0),
  iif(
    EXISTS (
      SELECT 1 FROM sign_in_sources JOIN logins ON person_id = account_id
      WHERE email_key = :email_key AND source = :source),
    0,
    max(
      coalesce((
        SELECT at + 3600 FROM sign_in_attempts WHERE source = :source AND at > :now - 3600 AND id <> :attempt
        ORDER BY at DESC LIMIT 1 OFFSET :per_source - 1), 0),
      coalesce((
        SELECT at + 3600 FROM sign_in_attempts AS counted
        WHERE email_hash = :email_hash AND at > :now - 3600 AND id <> :attempt
          AND NOT EXISTS (
            SELECT 1 FROM sign_in_sources JOIN logins ON person_id = account_id
            WHERE email_key = :email_key AND source = counted.source)
        ORDER BY at DESC LIMIT 1 OFFSET :per_email - 1), 0))))
