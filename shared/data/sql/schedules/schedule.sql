-- The data to check a booking, and the earlier booking with the same idempotency key. For a reschedule,
-- :rescheduled is the appointment, and the patient is its patient.
SELECT json_object(
  'clinic', (SELECT json(document) FROM clinic_documents),
  'active', (SELECT active FROM people WHERE id = :doctor AND account_type = 'Doctor'),
  'working_hours', json(coalesce((SELECT hours FROM weeks WHERE doctor_id = :doctor), '[]')),
  'time_off', (
    SELECT json_group_array(json_object('start_at', start_at, 'end_at', end_at)) FROM time_off
    WHERE doctor_id = :doctor AND deleted_at IS NULL AND end_at > :from AND start_at < :until),
  'booked', (
    SELECT json_group_array(json_object('start_at', start_at, 'end_at', start_at + duration * 60))
    FROM (
      SELECT start_at, duration FROM appointments
      WHERE doctor_id = :doctor AND cancelled = 0 AND id IS NOT :rescheduled AND start_at > :from AND start_at < :until
      ORDER BY start_at)),
  'patient_booked', (
    SELECT json_group_array(json_object('start_at', start_at, 'end_at', start_at + duration * 60))
    FROM (
      SELECT start_at, duration FROM appointments
      WHERE patient_id = coalesce((SELECT patient_id FROM appointments WHERE id = :rescheduled), :patient)
        AND cancelled = 0 AND id IS NOT :rescheduled AND start_at > :from AND start_at < :until
      ORDER BY start_at)),
  'open_bookings', (
    SELECT count(*) FROM appointments
    WHERE patient_id = :patient AND cancelled = 0 AND start_at > :now AND status = 'Booked'),
  -- Whether the policy refuses all bookings of the patient until their email is verified.
  'must_verify_email', EXISTS (
    SELECT 1 FROM clinic, people JOIN logins ON person_id = people.id
    WHERE people.id = :patient AND account_type = 'Patient' AND require_verified_email = 1 AND verified_at IS NULL),
  'to_reschedule', (SELECT json(document) FROM appointment_documents WHERE id = :rescheduled),
  'earlier', (
    SELECT json_object('id', id, 'doctor_id', doctor_id, 'start_at', requested_start_at, 'duration', requested_duration)
    FROM appointments WHERE booked_by = :patient AND idempotency_key = :key))
