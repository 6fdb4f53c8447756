UPDATE appointments SET status = 'Cancelled', reason = :reason, version = version + 1, operation_id = :operation
WHERE id = :id AND status = 'Booked' AND start_at > :now
  AND (:versions IS NULL OR version IN (SELECT value FROM json_each(:versions)))
  AND (:account_type = 'Admin' OR doctor_id = :caller
       OR (patient_id = :caller AND start_at - (SELECT patient_cancel_notice FROM clinic) * 60 >= :now))
  AND EXISTS (SELECT 1 FROM operations WHERE id = :operation)
