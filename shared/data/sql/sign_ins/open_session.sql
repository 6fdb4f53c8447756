-- Opens a session if the account has not changed since the password was compared. The session has the operation's id.
INSERT INTO sessions (id, person_id, created_at)
SELECT operations.id, people.id, at FROM operations, people JOIN logins ON person_id = people.id
WHERE operations.id = :operation AND people.id = :id AND active = 1 AND password_hash = :password_hash
