-- Adds the message to the active account that has the email, if the attempt was counted: a link to set a new password,
-- or the invitation again. Adds none if there were three within an hour.
INSERT INTO messages (kind, reader_id, patient_id, due_at, next_at)
SELECT iif(password_hash = '$argon2id$none', 'invitation', 'reset_password'), people.id,
  iif(account_type = 'Patient', people.id, NULL), :now, :now
FROM logins JOIN people ON people.id = person_id
WHERE email_key = :email_key AND active = 1
  AND EXISTS (SELECT 1 FROM sign_in_attempts WHERE id = :attempt)
  AND EXISTS (SELECT 1 FROM operations WHERE id = :operation)
  AND (
    SELECT count(*) FROM messages
    WHERE reader_id = people.id AND kind IN ('invitation', 'reset_password')
      AND (state = 'Queued' OR due_at > :now - 3600)) < 3
