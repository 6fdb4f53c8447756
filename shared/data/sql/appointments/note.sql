UPDATE appointments SET note = :note, version = version + 1, operation_id = :operation
WHERE id = :id AND cancelled = 0 AND note IS NOT :note
  AND (:versions IS NULL OR version IN (SELECT value FROM json_each(:versions)))
  AND (:account_type IN ('Admin', 'Receptionist') OR doctor_id = :caller OR patient_id = :caller
       OR patient_id IN (
         SELECT guardians.patient_id FROM guardians WHERE account_id = :caller AND guardians.active = 1))
  AND EXISTS (SELECT 1 FROM operations WHERE id = :operation)
