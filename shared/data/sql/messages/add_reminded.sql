-- A reminder is about all appointments of the patient on that day that have no reminder yet.
INSERT INTO reminders (appointment_id, reader_id, minutes, audit_id, start_at, message_id)
SELECT appointments.id, messages.reader_id, lead.value, (
  SELECT max(audit.id) FROM audit
  WHERE audit.appointment_id = appointments.id AND action IN ('book', 'reschedule')), start_at, messages.id
FROM json_each(:reminders) AS new
CROSS JOIN json_each(new.value -> 'minutes') AS lead
CROSS JOIN messages ON messages.state = 'Queued' AND messages.next_at = new.value ->> 'due_at'
  AND messages.message_id = new.value ->> 'message_id'
JOIN appointments ON appointments.patient_id = new.value ->> 'patient_id' AND cancelled = 0
  AND start_at >= new.value ->> 'day_start' AND start_at < new.value ->> 'day_end' AND start_at > :now
WHERE status = 'Booked' AND EXISTS (SELECT 1 FROM operations WHERE operations.id = :operation)
ON CONFLICT DO NOTHING
