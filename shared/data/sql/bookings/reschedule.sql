UPDATE appointments SET
  start_at = :start_at,
  duration = coalesce(:duration, duration),
  busy_from = :start_at,
  busy_until = :start_at + coalesce(:duration, duration) * 60,
  version = version + 1,
  reschedules = reschedules + 1,
  confirmed_at = NULL,
  operation_id = :operation
WHERE id = :id AND status = 'Booked' AND start_at > :now
  AND coalesce(:duration, duration) BETWEEN 1 AND 1440 AND :start_at % 60 = 0
  AND (:versions IS NULL OR version IN (SELECT value FROM json_each(:versions)))
  AND (:account_type = 'Admin' OR doctor_id = :caller
       OR (patient_id = :caller AND start_at - (SELECT patient_reschedule_notice FROM clinic) * 60 >= :now))
  AND EXISTS (SELECT 1 FROM operations WHERE id = :operation)
