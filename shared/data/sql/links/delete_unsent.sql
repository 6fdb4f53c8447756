-- Deletes the message that `add_reset` has added if no active account has the email.
DELETE FROM messages
WHERE reader_id = (SELECT min(id) FROM people) AND kind = 'reset_password' AND due_at = :now AND address = ''
  AND EXISTS (SELECT 1 FROM operations WHERE id = :operation)
