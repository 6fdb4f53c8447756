-- Adds the messages about changed accounts. An account that a program has created, without a request, gets no message.
-- An invited person gets neither a mail that verifies the email, because the invitation does that, nor a mail about the
-- first password. After more than a week, a change is not news any more: the clinic has just begun to send messages.
INSERT INTO messages (kind, reader_id, patient_id, due_at, next_at)
SELECT CASE action WHEN 'register' THEN 'verify_email' WHEN 'invite' THEN 'invitation' ELSE 'password_changed' END,
  account_id, (SELECT id FROM people WHERE id = account_id AND account_type = 'Patient'), at, at
FROM (
  SELECT id, action, account_id, at, (
    SELECT earlier.action FROM audit AS earlier
    WHERE earlier.account_id = audit.account_id AND earlier.id < audit.id AND earlier.action IN ('invite', 'password')
    ORDER BY earlier.id DESC LIMIT 1) AS before, EXISTS (
    SELECT 1 FROM audit AS later
    WHERE later.account_id = audit.account_id AND later.id > audit.id AND later.action = 'invite') AS is_invited
  FROM audit
  WHERE id > (SELECT audit_id FROM message_cursor) AND id <= (SELECT audit_id FROM message_cursor) + :batch
    AND action IN ('register', 'invite', 'password') AND request_id IS NOT NULL AND at > :now - 7 * 86400)
WHERE EXISTS (SELECT 1 FROM operations WHERE id = :operation)
  AND CASE action WHEN 'register' THEN NOT is_invited WHEN 'password' THEN before IS NOT 'invite' ELSE TRUE END
