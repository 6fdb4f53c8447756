-- Returns the key of the email of the account whose password the link can set.
SELECT json_quote(email_key) FROM account_links JOIN logins ON person_id = reader_id
WHERE hash = :hash AND expires_at > :now AND kind <> 'verify_email'
