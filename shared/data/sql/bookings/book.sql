-- A type decides the duration and the buffers. A Doctor books with themselves, for their patients. For whom a Patient can
-- book is a rule of the schema.
INSERT INTO appointments (
  doctor_id, patient_id, booked_by, start_at, duration, busy_from, busy_until, type_id, note, overridden, override_reason,
  operation_id, idempotency_key, requested_start_at, requested_duration, request_hash)
SELECT
  :doctor, patient_id, actor_id, :start_at, minutes, :start_at - buffer_before * 60,
  :start_at + (minutes + buffer_after) * 60, :type, :note, :override_reason IS NOT NULL, :override_reason,
  operation_id, :key, iif(:key IS NULL, NULL, :start_at), iif(:key IS NULL, NULL, minutes),
  iif(:key IS NULL, NULL, :request_hash)
FROM (
  SELECT operations.id AS operation_id, actor_id, patients.id AS patient_id,
    coalesce(:duration, types.duration) AS minutes,
    coalesce(buffer_before, 0) AS buffer_before, coalesce(buffer_after, 0) AS buffer_after
  FROM operations
  JOIN people AS patients ON patients.id = coalesce((SELECT merged_into FROM people WHERE id = :patient), :patient)
  LEFT JOIN appointment_types AS types ON types.id = :type
  WHERE operations.id = :operation AND (:type IS NULL OR types.id IS NOT NULL)) AS new
-- Rejects values that no policy allows. Without this, the CHECKs of the table would fail with an internal error.
WHERE minutes BETWEEN 1 AND 1440 AND :start_at % 60 = 0
  AND (:account_type <> 'Doctor' OR :doctor = actor_id AND EXISTS (
    SELECT 1 FROM appointments AS earlier
    WHERE earlier.patient_id = new.patient_id AND earlier.doctor_id = actor_id AND cancelled = 0))
  AND NOT EXISTS (SELECT 1 FROM appointments WHERE booked_by = actor_id AND idempotency_key = :key)
RETURNING id
