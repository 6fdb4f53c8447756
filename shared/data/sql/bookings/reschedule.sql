-- The appointment keeps its buffers. One with a type also keeps its duration. Only the staff can change the doctor.
UPDATE appointments SET
  doctor_id = coalesce(:doctor, doctor_id),
  start_at = :start_at,
  duration = coalesce(:duration, duration),
  busy_from = :start_at - (start_at - busy_from),
  busy_until = :start_at + coalesce(:duration, duration) * 60 + (busy_until - start_at - duration * 60),
  version = version + 1,
  reschedules = reschedules + 1,
  confirmed_at = NULL,
  arrived_at = NULL,
  operation_id = :operation
WHERE id = :id AND status = 'Booked' AND start_at > :now
  AND coalesce(:duration, duration) BETWEEN 1 AND 1440 AND :start_at % 60 = 0
  AND (type_id IS NULL OR coalesce(:duration, duration) = duration)
  AND (:versions IS NULL OR version IN (SELECT value FROM json_each(:versions)))
  AND (:account_type IN ('Admin', 'Receptionist') OR doctor_id = :caller
       OR (:account_type = 'Patient' AND :doctor IS NULL
           AND (patient_id = :caller OR patient_id IN (
             SELECT guardians.patient_id FROM guardians WHERE account_id = :caller AND guardians.active = 1))
           AND start_at - (SELECT patient_reschedule_notice FROM clinic) * 60 >= :now))
  AND EXISTS (SELECT 1 FROM operations WHERE id = :operation)
