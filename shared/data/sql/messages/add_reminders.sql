-- Adds a message for each reminder. If another sender has added the reminder meanwhile, the next step adds no
-- appointment to this message, and the message is dropped instead of sent.
INSERT INTO messages (kind, reader_id, patient_id, due_at, next_at, message_id)
SELECT 'reminder', value ->> 'reader_id', value ->> 'patient_id', value ->> 'due_at', value ->> 'due_at', value ->> 'message_id'
FROM json_each(:reminders)
WHERE EXISTS (SELECT 1 FROM operations WHERE id = :operation)
