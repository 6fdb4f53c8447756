-- Returns the id of the row that the change inserted, and the appointments that it changed.
SELECT json_object(
  'clinic', (SELECT json(document) FROM clinic_documents),
  'row_id', row_id,
  'appointments', (
    SELECT json_group_array(json_object('id', id, 'status', status, 'start_at', start_at, 'doctor_id', doctor_id)) FROM (
      SELECT id, status, start_at, doctor_id FROM appointments
      WHERE operation_id = :operation AND id IN (
          SELECT value ->> 'id' FROM json_each(:plan)
          UNION SELECT id FROM appointments
          WHERE doctor_id = :person AND cancelled = 1 AND start_at > :starts_after AND start_at < :until
          UNION SELECT id FROM appointments
          WHERE :person IS NULL AND start_at > :starts_after AND start_at < :until)
      ORDER BY start_at, id)))
FROM operations WHERE id = :operation AND row_id IS NOT NULL
