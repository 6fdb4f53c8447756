-- Returns whether a message to the new email was added. If not, the email is taken, or there can be another message
-- after `retry_at`.
SELECT json_object(
  'is_added', json(iif(EXISTS (
    SELECT 1 FROM messages
    WHERE reader_id = :caller AND kind = 'verify_email' AND due_at = :now AND address = :email), 'true', 'false')),
  'is_taken', json(iif(EXISTS (
    SELECT 1 FROM logins WHERE email_key = :email_key AND person_id <> :caller), 'true', 'false')),
  'retry_at', (
    SELECT due_at + 3600 FROM messages
    WHERE reader_id = :caller AND kind = 'verify_email' AND address IS NOT NULL
    ORDER BY due_at DESC LIMIT 1 OFFSET 2))
FROM operations WHERE id = :operation AND row_id IS NOT NULL
