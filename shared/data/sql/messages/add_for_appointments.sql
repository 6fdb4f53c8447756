-- Adds a message to each reader of a changed appointment, unless one waits already. The kind is that of the newest
-- change. A claim can change it.
INSERT INTO messages (kind, reader_id, patient_id, appointment_id, due_at, next_at)
SELECT kind, reader_id, appointments.patient_id, appointments.id, at, iif(kind = 'moved', at + :hold, at)
FROM (
  SELECT max(id), appointment_id, at,
    CASE action WHEN 'book' THEN 'booked' WHEN 'reschedule' THEN 'moved' ELSE 'cancelled' END AS kind
  FROM audit
  WHERE id > (SELECT audit_id FROM message_cursor) AND id <= (SELECT audit_id FROM message_cursor) + :batch
    AND action IN ('book', 'reschedule', 'cancel')
  GROUP BY appointment_id) AS change
CROSS JOIN appointments ON appointments.id = change.appointment_id
CROSS JOIN readers ON readers.patient_id = appointments.patient_id
WHERE EXISTS (SELECT 1 FROM operations WHERE id = :operation)
  AND NOT EXISTS (
    SELECT 1 FROM messages AS waiting
    WHERE waiting.appointment_id = appointments.id AND waiting.reader_id = readers.reader_id
      AND state = 'Queued' AND told IS NULL AND claim IS NULL AND waiting.kind IN ('booked', 'moved', 'cancelled'))
