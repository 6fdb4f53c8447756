-- Returns the schedules of a page of active doctors, for the first days of :day_ends. Days times doctors is at most
-- :doctor_days. returned_days has the number of days in the response, and the end of the last one.
WITH doctors AS MATERIALIZED (
  SELECT id, name FROM people
  WHERE account_type = 'Doctor' AND active = 1 AND id > :after
    AND (:specialty IS NULL OR specialty_key = :specialty)
  ORDER BY id LIMIT :limit + 0),
returned_days AS MATERIALIZED (
  SELECT key + 1 AS count, value AS until FROM json_each(:day_ends)
  WHERE key < max(1, :doctor_days / (SELECT max(1, count(*)) FROM doctors))
  ORDER BY key DESC LIMIT 1)
SELECT json_object(
  'days', (SELECT count FROM returned_days),
  'clinic', (SELECT json(document) FROM clinic_documents),
  'patient_booked', (
    SELECT json_group_array(json_object('start_at', start_at, 'end_at', start_at + duration * 60))
    FROM (
      SELECT start_at, duration FROM appointments
      WHERE patient_id = :patient AND cancelled = 0
        AND start_at > :from AND start_at < (SELECT until FROM returned_days)
      ORDER BY start_at)),
  'doctors', (
    SELECT json_group_array(json_object(
      'doctor_id', id,
      'name', name,
      'working_hours', (SELECT json(hours) FROM weeks WHERE doctor_id = doctors.id),
      'time_off', (
        SELECT json_group_array(json_object('start_at', start_at, 'end_at', end_at)) FROM time_off
        WHERE doctor_id = doctors.id AND deleted_at IS NULL
          AND end_at > :from AND start_at < (SELECT until FROM returned_days)),
      'booked', (
        SELECT json_group_array(json_object('start_at', start_at, 'end_at', start_at + duration * 60))
        FROM (
          SELECT start_at, duration FROM appointments
          WHERE doctor_id = doctors.id AND cancelled = 0
            AND start_at > :from AND start_at < (SELECT until FROM returned_days)
          ORDER BY start_at))))
    FROM doctors))
