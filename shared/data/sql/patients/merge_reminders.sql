-- So that the patient is not reminded twice.
UPDATE OR REPLACE reminders SET reader_id = :into
WHERE message_id IN (SELECT id FROM messages WHERE messages.reader_id = :into) AND reader_id = :id
  AND EXISTS (SELECT 1 FROM operations WHERE operations.id = :operation AND row_id = :into)
