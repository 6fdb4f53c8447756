-- That it is the day of the appointment is a rule of the schema.
UPDATE appointments SET
  arrived_at = iif(:has_arrived, :now, NULL), version = version + 1, operation_id = :operation
WHERE id = :id AND cancelled = 0 AND (arrived_at IS NULL) = :has_arrived AND (status = 'Booked' OR NOT :has_arrived)
  AND (:versions IS NULL OR version IN (SELECT value FROM json_each(:versions)))
  AND (:account_type IN ('Admin', 'Receptionist') OR doctor_id = :caller)
  AND EXISTS (SELECT 1 FROM operations WHERE id = :operation)
