-- Writes an audit entry of a failed sign-in, with the account that has the email, if there is one.
INSERT INTO audit (at, action, account_id, request_id, source)
SELECT at, 'login_failed', (SELECT person_id FROM logins WHERE email_key = :email_key), request_id, :source
FROM operations WHERE id = :operation
