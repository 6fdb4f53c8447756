UPDATE appointments SET status = :mark, version = version + 1, operation_id = :operation
WHERE id = :id AND cancelled = 0 AND status <> :mark AND start_at <= :now
  AND (:versions IS NULL OR version IN (SELECT value FROM json_each(:versions)))
  AND (:account_type IN ('Admin', 'Receptionist') OR doctor_id = :caller)
  AND EXISTS (SELECT 1 FROM operations WHERE id = :operation)
