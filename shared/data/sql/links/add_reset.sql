-- Adds the message to the active account that has the email, if the attempt was counted: a link that sets a new
-- password, or the invitation again. There are at most three within an hour.
--
-- If there is no such account, adds a message to another account, which the next step deletes. So the commit writes as
-- much in both cases, and takes the same time. An empty address marks that message.
INSERT INTO messages (kind, reader_id, patient_id, address, due_at, next_at)
SELECT iif(people.id IS NOT NULL AND password_hash = '$argon2id$none', 'invitation', 'reset_password'),
  coalesce(people.id, (SELECT min(id) FROM people)),
  CASE WHEN people.id IS NULL THEN (SELECT min(id) FROM people) WHEN account_type = 'Patient' THEN people.id END,
  iif(people.id IS NULL, '', NULL), :now, :now
FROM operations
LEFT JOIN logins ON email_key = :email_key
LEFT JOIN people ON people.id = person_id AND active = 1 AND (
  SELECT count(*) FROM messages
  WHERE reader_id = people.id AND kind IN ('invitation', 'reset_password')
    AND (state = 'Queued' OR due_at > :now - 3600)) < 3
WHERE operations.id = :operation AND (SELECT min(id) FROM people) IS NOT NULL
  AND EXISTS (SELECT 1 FROM sign_in_attempts WHERE id = :attempt)
