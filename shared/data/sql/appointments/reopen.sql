-- Until when a mark can be taken back is a rule of the schema.
UPDATE appointments SET status = 'Booked', version = version + 1, operation_id = :operation
WHERE id = :id AND status IN ('Done', 'NoShow')
  AND (:versions IS NULL OR version IN (SELECT value FROM json_each(:versions)))
  AND (:account_type IN ('Admin', 'Receptionist') OR doctor_id = :caller)
  AND EXISTS (SELECT 1 FROM operations WHERE id = :operation)
