-- Returns the email of the account that a link can set a password of.
SELECT json_quote(email_key) FROM account_links JOIN logins ON person_id = reader_id
WHERE hash = :hash AND expires_at > :now AND kind <> 'verify_email'
