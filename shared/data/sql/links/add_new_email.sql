-- Adds the message to a new email of the caller, unless the email is taken or there were three within an hour.
INSERT INTO messages (kind, reader_id, patient_id, address, due_at, next_at)
SELECT 'verify_email', people.id, iif(account_type = 'Patient', people.id, NULL), :email, :now, :now
FROM operations JOIN people ON people.id = row_id
WHERE operations.id = :operation
  AND NOT EXISTS (SELECT 1 FROM logins WHERE email_key = :email_key AND person_id <> :caller)
  AND (
    SELECT count(*) FROM messages
    WHERE reader_id = :caller AND kind = 'verify_email' AND address IS NOT NULL
      AND (state = 'Queued' OR due_at > :now - 3600)) < 3
