-- Returns the schedules of a page of active doctors, for the first days of :day_ends. Days times doctors is at most
-- :doctor_days. returned_days has the number of days in the response, and the end of the time for which the schedules must be
-- complete: an appointment of the last day can end up to :longest_busy seconds later.
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
  SELECT key + 1 AS count, value + :longest_busy AS until FROM json_each(:day_ends)
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
  'closures', (
    SELECT json_group_array(json_object('start_at', start_at, 'end_at', end_at)) FROM closures
    WHERE deleted_at IS NULL AND end_at > :from AND start_at < (SELECT until FROM returned_days)),
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
      'hours', json_object(
        'working_hours', json(coalesce((SELECT hours FROM weeks WHERE doctor_id = doctors.id), '[]')),
        'special_hours', (
          SELECT json_group_array(json_object('date', date, 'hours', json(hours))) FROM special_hours
          WHERE doctor_id = doctors.id AND hours IS NOT NULL
            AND date BETWEEN date(:from, 'unixepoch', '-2 days') AND date((SELECT until FROM returned_days), 'unixepoch', '+2 days'))),
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
            AND start_at > :from AND start_at < (SELECT until FROM returned_days)
          ORDER BY start_at))))
    FROM doctors))
