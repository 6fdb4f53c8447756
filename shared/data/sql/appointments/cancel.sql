-- Whether the front desk can still cancel an appointment that has started is a rule of the schema.
UPDATE appointments SET status = 'Cancelled', reason = :reason, version = version + 1, operation_id = :operation
WHERE id = :id AND status = 'Booked' AND (start_at > :now OR :account_type IN ('Admin', 'Receptionist'))
  AND (:versions IS NULL OR version IN (SELECT value FROM json_each(:versions)))
  AND (:account_type IN ('Admin', 'Receptionist') OR doctor_id = :caller
       OR ((patient_id = :caller OR patient_id IN (
             SELECT guardians.patient_id FROM guardians WHERE account_id = :caller AND guardians.active = 1))
           AND start_at - (SELECT patient_cancel_notice FROM clinic) * 60 >= :now))
  AND EXISTS (SELECT 1 FROM operations WHERE id = :operation)
