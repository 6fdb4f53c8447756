-- Cancels the later appointments of a series that have not started, if the one with :id was cancelled by the step before or
-- earlier. The caller must be allowed to cancel each of them, as in `cancel`.
UPDATE appointments SET status = 'Cancelled', reason = :reason, version = version + 1, operation_id = :operation
WHERE series_id = (
    SELECT series_id FROM appointments
    WHERE id = :id AND status = 'Cancelled' AND (:account_type <> 'Doctor' OR doctor_id = :caller)
      AND (:versions IS NULL OR operation_id = :operation OR version IN (SELECT value FROM json_each(:versions))))
  AND start_at > (SELECT start_at FROM appointments WHERE id = :id)
  AND status = 'Booked' AND start_at > :now
  AND (:account_type IN ('Admin', 'Receptionist') OR doctor_id = :caller
       OR ((patient_id = :caller OR patient_id IN (
             SELECT guardians.patient_id FROM guardians WHERE account_id = :caller AND guardians.active = 1))
           AND start_at - (SELECT patient_cancel_notice FROM clinic) * 60 >= :now))
  AND EXISTS (SELECT 1 FROM operations WHERE id = :operation)
