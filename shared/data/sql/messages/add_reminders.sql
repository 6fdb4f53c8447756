-- Adds a message for each reminder that nobody has added meanwhile.
INSERT INTO messages (kind, reader_id, patient_id, due_at, next_at, message_id)
SELECT 'reminder', value ->> 'reader_id', value ->> 'patient_id', value ->> 'due_at', value ->> 'due_at', value ->> 'message_id'
FROM json_each(:reminders)
WHERE EXISTS (SELECT 1 FROM operations WHERE id = :operation)
