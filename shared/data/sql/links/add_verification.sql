-- Adds the message that asks the caller to verify the email, unless it is verified or there were three within an hour.
INSERT INTO messages (kind, reader_id, patient_id, due_at, next_at)
SELECT 'verify_email', people.id, iif(account_type = 'Patient', people.id, NULL), :now, :now
FROM people JOIN logins ON person_id = people.id
WHERE people.id = :caller AND verified_at IS NULL AND EXISTS (SELECT 1 FROM operations WHERE id = :operation)
  AND (
    SELECT count(*) FROM messages
    WHERE reader_id = :caller AND kind = 'verify_email' AND address IS NULL
      AND (state = 'Queued' OR due_at > :now - 3600)) < 3
