-- Returns the booked appointments of a doctor that have not started and overlap a time, with the other appointments of their
-- patients until :patients_until.
SELECT json_group_array(json(document)) FROM (
  SELECT json_object(
    'id', id, 'start_at', start_at, 'end_at', start_at + duration * 60,
    'busy', json_object('start_at', busy_from, 'end_at', busy_until),
    'offered_by', (SELECT json(doctors) FROM appointment_types WHERE appointment_types.id = type_id),
    'patient_booked', (
      SELECT json_group_array(json_object('start_at', other.start_at, 'end_at', other.start_at + other.duration * 60))
      FROM appointments AS other
      WHERE other.patient_id = appointments.patient_id AND other.cancelled = 0 AND other.id <> appointments.id
        AND other.start_at > :now - :longest AND other.start_at < :patients_until)) AS document
  FROM appointments
  WHERE doctor_id = :doctor AND cancelled = 0 AND status = 'Booked' AND start_at > :now
    AND start_at > :starts_after AND start_at < :until AND start_at + duration * 60 > :from
  ORDER BY start_at LIMIT :limit + 0)
