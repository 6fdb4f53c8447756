-- Triggers end the sessions, and the links and messages that can set the password or the email.
UPDATE logins SET person_id = :into, operation_id = :operation
WHERE person_id = :id AND EXISTS (SELECT 1 FROM operations WHERE operations.id = :operation AND row_id = :into)
