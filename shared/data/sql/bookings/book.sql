-- Books an appointment, or those of a series at :starts. A type decides the duration and the buffers. A Doctor books with
-- themselves, for their patients. For whom a Patient can book is a rule of the schema. The starts of a series were computed
-- with version :calendar of the clinic's calendar, which is NULL for a single appointment. The first one has the key.
INSERT INTO appointments (
  doctor_id, patient_id, booked_by, start_at, duration, busy_from, busy_until, series_id, type_id, note, overridden,
  override_reason, operation_id, idempotency_key, requested_start_at, requested_duration, request_hash)
SELECT
  :doctor, patient_id, actor_id, start_at, minutes, start_at - buffer_before * 60,
  start_at + (minutes + buffer_after) * 60, series_id, :type, :note, :override_reason IS NOT NULL, :override_reason,
  operation_id, own_key, iif(own_key IS NULL, NULL, start_at), iif(own_key IS NULL, NULL, minutes),
  iif(own_key IS NULL, NULL, :request_hash)
FROM (
  SELECT operations.id AS operation_id, actor_id, patients.id AS patient_id,
    coalesce(:duration, types.duration) AS minutes,
    coalesce(buffer_before, 0) AS buffer_before, coalesce(buffer_after, 0) AS buffer_after,
    iif(:calendar IS NULL, NULL, (
      SELECT coalesce(max(series_id), 0) + 1 FROM appointments WHERE series_id IS NOT NULL)) AS series_id
  FROM operations
  JOIN people AS patients ON patients.id = coalesce((SELECT merged_into FROM people WHERE id = :patient), :patient)
  LEFT JOIN appointment_types AS types ON types.id = :type
  WHERE operations.id = :operation AND (:type IS NULL OR types.id IS NOT NULL)
    AND (:calendar IS NULL OR EXISTS (SELECT 1 FROM clinic WHERE calendar_version = :calendar))) AS new
CROSS JOIN (SELECT value AS start_at, iif(key = 0, :key, NULL) AS own_key FROM json_each(:starts)) AS starts
-- Rejects values that no policy allows. Without this, the CHECKs of the table would fail with an internal error.
WHERE minutes BETWEEN 1 AND 1440 AND start_at % 60 = 0
  AND (:account_type <> 'Doctor' OR :doctor = actor_id AND EXISTS (
    SELECT 1 FROM appointments AS earlier
    WHERE earlier.patient_id = new.patient_id AND earlier.doctor_id = actor_id AND cancelled = 0))
  AND NOT EXISTS (SELECT 1 FROM appointments WHERE booked_by = actor_id AND idempotency_key = :key)
RETURNING id
