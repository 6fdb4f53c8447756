-- A reminder is about all appointments of the patient on that day that have no reminder yet.
INSERT INTO reminders (appointment_id, reader_id, minutes, audit_id, start_at, message_id)
SELECT appointments.id, messages.reader_id, lead.value, (
  SELECT max(audit.id) FROM audit
  WHERE audit.appointment_id = appointments.id AND action IN ('book', 'reschedule')), start_at, messages.id
FROM json_each(:reminders)
CROSS JOIN json_each(json_each.value -> 'minutes') AS lead
CROSS JOIN messages ON messages.state = 'Queued' AND messages.next_at = json_each.value ->> 'due_at'
  AND messages.message_id = json_each.value ->> 'message_id'
JOIN appointments ON appointments.patient_id = json_each.value ->> 'patient_id' AND cancelled = 0
  AND start_at >= json_each.value ->> 'day_start' AND start_at < json_each.value ->> 'day_end' AND start_at > :now
WHERE status = 'Booked' AND EXISTS (SELECT 1 FROM operations WHERE operations.id = :operation)
ON CONFLICT DO NOTHING
