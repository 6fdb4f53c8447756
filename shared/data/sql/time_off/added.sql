-- Returns the new time off, even if it has been deleted since, and the appointments that were cancelled for it.
SELECT json_object(
  'clinic', (SELECT json(document) FROM clinic_documents),
  'time_off', json_object('id', id, 'start_at', start_at, 'end_at', end_at, 'reason', reason),
  'cancelled', (
    SELECT json_group_array(id) FROM (
      SELECT appointments.id FROM appointments
      WHERE doctor_id = :doctor AND appointments.start_at > :from AND appointments.start_at < :end_at
        AND appointments.operation_id = :operation
      ORDER BY appointments.start_at)))
FROM time_off WHERE id = (SELECT row_id FROM operations WHERE id = :operation)
