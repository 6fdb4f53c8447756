-- The doctor is busy from the start to the end: there are no buffers at present.
INSERT INTO appointments (
  doctor_id, patient_id, booked_by, start_at, duration, busy_from, busy_until, operation_id,
  idempotency_key, requested_start_at, requested_duration)
SELECT
  :doctor, actor_id, actor_id, :start_at, :duration, :start_at, :start_at + :duration * 60, id,
  :key, iif(:key IS NULL, NULL, :start_at), iif(:key IS NULL, NULL, :duration)
FROM operations
WHERE id = :operation
  -- Rejects values that no policy allows. Without this, the CHECKs of the table would fail with an internal error.
  AND :duration BETWEEN 1 AND 1440 AND :start_at % 60 = 0
  AND NOT EXISTS (SELECT 1 FROM appointments WHERE booked_by = actor_id AND idempotency_key = :key)
RETURNING id
