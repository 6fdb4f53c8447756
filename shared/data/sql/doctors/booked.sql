-- NULL if the doctor does not exist. An appointment over midnight is a booked time of both days.
SELECT (
  SELECT json_group_array(json_object(
    'id', id, 'patient_id', patient_id, 'patient_name', patient_name,
    'start_at', start_at, 'duration', duration, 'status', status))
  FROM (
    SELECT appointments.id, patient_id, patients.name AS patient_name, start_at, duration, status
    FROM appointments JOIN people AS patients ON patients.id = patient_id
    WHERE doctor_id = :doctor AND cancelled = 0 AND start_at > :after AND start_at < :day_end
      AND start_at + duration * 60 > :day_start
    ORDER BY start_at LIMIT :limit + 0))
FROM people WHERE id = :doctor AND account_type = 'Doctor'
