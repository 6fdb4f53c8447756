-- A failed sign-in is a line of the trail, with the account that has the email, if one has.
INSERT INTO audit (at, action, account_id, request_id, source)
SELECT at, 'login_failed', (SELECT person_id FROM logins WHERE email_key = :email_key), request_id, :source
FROM operations WHERE id = :operation
