-- The data to check a booking, and the earlier booking with the same idempotency key. For a reschedule,
-- :rescheduled is the appointment, and the patient and the type are those of the appointment. :booker is the account that
-- books, or NULL.
WITH patient AS MATERIALIZED (
  SELECT coalesce((SELECT merged_into FROM people WHERE people.id = asked.id), asked.id) AS id
  FROM (SELECT coalesce((SELECT patient_id FROM appointments WHERE id = :rescheduled), :patient) AS id) AS asked)
SELECT json_object(
  'clinic', (SELECT json(document) FROM clinic_documents),
  'active', (SELECT active FROM people WHERE id = :doctor AND account_type = 'Doctor'),
  'hours', json_object(
    'working_hours', json(coalesce((SELECT hours FROM weeks WHERE doctor_id = :doctor), '[]')),
    'special_hours', (
      SELECT json_group_array(json_object('date', date, 'hours', json(hours))) FROM special_hours
      WHERE doctor_id = :doctor AND hours IS NOT NULL
        AND date BETWEEN date(:from, 'unixepoch', '-2 days') AND date(:until, 'unixepoch', '+2 days'))),
  'closures', (
    SELECT json_group_array(json_object('start_at', start_at, 'end_at', end_at)) FROM closures
    WHERE deleted_at IS NULL AND end_at > :from AND start_at < :until),
  'time_off', (
    SELECT json_group_array(json_object('start_at', start_at, 'end_at', end_at)) FROM time_off
    WHERE doctor_id = :doctor AND deleted_at IS NULL AND end_at > :from AND start_at < :until),
  'booked', (
    SELECT json_group_array(json_object(
      'start_at', start_at, 'end_at', start_at + duration * 60,
      'busy', json_object('start_at', busy_from, 'end_at', busy_until)))
    FROM (
      SELECT start_at, duration, busy_from, busy_until FROM appointments
      WHERE doctor_id = :doctor AND cancelled = 0 AND id IS NOT :rescheduled AND start_at > :from AND start_at < :until
      ORDER BY start_at)),
  'patient_booked', (
    SELECT json_group_array(json_object('start_at', start_at, 'end_at', start_at + duration * 60))
    FROM (
      SELECT start_at, duration FROM appointments
      WHERE patient_id = (SELECT id FROM patient)
        AND cancelled = 0 AND id IS NOT :rescheduled AND start_at > :from AND start_at < :until
      ORDER BY start_at)),
  'open_bookings', (
    SELECT count(*) FROM appointments
    WHERE patient_id IN (
        SELECT :booker
        UNION ALL SELECT guardians.patient_id FROM guardians WHERE account_id = :booker AND guardians.active = 1)
      AND cancelled = 0 AND start_at > :now AND status = 'Booked'),
  'type', (
    SELECT json(document) FROM type_documents
    WHERE id = coalesce(:type, (SELECT type_id FROM appointments WHERE appointments.id = :rescheduled))),
  'patient', (
    SELECT json_object(
      'acts_for', id = :booker OR EXISTS (
        SELECT 1 FROM guardians
        WHERE guardians.patient_id = people.id AND account_id = :booker AND guardians.active = 1),
      'is_their_doctor', EXISTS (
        SELECT 1 FROM appointments WHERE patient_id = people.id AND doctor_id = :booker AND cancelled = 0))
    FROM people WHERE id = (SELECT id FROM patient) AND account_type = 'Patient' AND erased_at IS NULL),
  -- Whether the policy refuses all bookings of the account until its email is verified.
  'must_verify_email', EXISTS (
    SELECT 1 FROM clinic, people JOIN logins ON person_id = people.id
    WHERE people.id = :booker AND account_type = 'Patient' AND require_verified_email = 1 AND verified_at IS NULL),
  'to_reschedule', (SELECT json(document) FROM appointment_documents WHERE id = :rescheduled),
  'earlier', (
    SELECT json_object(
      'id', id, 'doctor_id', doctor_id, 'start_at', requested_start_at, 'duration', requested_duration,
      'request_hash', lower(hex(request_hash)))
    FROM appointments WHERE booked_by = :booker AND idempotency_key = :key))
