-- A reminder is about all appointments of the patient on that day that have no reminder yet.
INSERT INTO reminders (appointment_id, reader_id, minutes, audit_id, start_at, message_id)
SELECT appointments.id, messages.reader_id, value ->> 'minutes', (
  SELECT max(id) FROM audit
  WHERE audit.appointment_id = appointments.id AND action IN ('book', 'reschedule')), start_at, messages.id
FROM json_each(:reminders)
CROSS JOIN messages ON messages.state = 'Queued' AND messages.next_at = value ->> 'due_at'
  AND messages.message_id = value ->> 'message_id'
JOIN appointments ON appointments.patient_id = value ->> 'patient_id' AND cancelled = 0
  AND start_at >= value ->> 'day_start' AND start_at < value ->> 'day_end' AND start_at > :now
WHERE status = 'Booked' AND EXISTS (SELECT 1 FROM operations WHERE id = :operation)
ON CONFLICT DO NOTHING
