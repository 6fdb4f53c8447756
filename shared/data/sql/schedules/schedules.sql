-- Returns the schedules of a page of active doctors, for the first days of :day_ends. Days times doctors is at most
-- :doctor_days. returned_days has the number of days in the response, and the end of the last one.
WITH patient AS MATERIALIZED (
  SELECT coalesce((SELECT merged_into FROM people WHERE people.id = :patient), :patient) AS id),
doctors AS MATERIALIZED (
  SELECT id, name FROM people
  WHERE account_type = 'Doctor' AND active = 1 AND id > :after
    AND (:specialty IS NULL OR specialty_key = :specialty)
    AND (:type IS NULL OR EXISTS (
      SELECT 1 FROM appointment_types
      WHERE appointment_types.id = :type AND (doctors IS NULL OR people.id IN (SELECT value FROM json_each(doctors)))))
  ORDER BY id LIMIT :limit + 0),
returned_days AS MATERIALIZED (
  SELECT key + 1 AS count, value AS until FROM json_each(:day_ends)
  WHERE key < max(1, :doctor_days / (SELECT max(1, count(*)) FROM doctors))
  ORDER BY key DESC LIMIT 1)
SELECT json_object(
  'type', (SELECT json(document) FROM type_documents WHERE id = :type),
  'patient', (
    SELECT json_object(
      'acts_for', id = :booker OR EXISTS (
        SELECT 1 FROM guardians
        WHERE guardians.patient_id = people.id AND account_id = :booker AND guardians.active = 1),
      'is_their_doctor', EXISTS (
        SELECT 1 FROM appointments WHERE patient_id = people.id AND doctor_id = :booker AND cancelled = 0))
    FROM people WHERE id = (SELECT id FROM patient) AND account_type = 'Patient' AND erased_at IS NULL),
  'days', (SELECT count FROM returned_days),
  'clinic', (SELECT json(document) FROM clinic_documents),
  'patient_booked', (
    SELECT json_group_array(json_object('start_at', start_at, 'end_at', start_at + duration * 60))
    FROM (
      SELECT start_at, duration FROM appointments
      WHERE patient_id = (SELECT id FROM patient) AND cancelled = 0
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
        SELECT json_group_array(json_object(
          'start_at', start_at, 'end_at', start_at + duration * 60,
          'busy', json_object('start_at', busy_from, 'end_at', busy_until)))
        FROM (
          SELECT start_at, duration, busy_from, busy_until FROM appointments
          WHERE doctor_id = doctors.id AND cancelled = 0
            -- Buffers last up to eight hours: the one of this appointment and the one of a new appointment.
            AND start_at > :from AND start_at < (SELECT until FROM returned_days) + 28800
          ORDER BY start_at))))
    FROM doctors))
