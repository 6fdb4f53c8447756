UPDATE time_off SET deleted_at = :now, operation_id = :operation
WHERE id = :id AND doctor_id = :doctor AND deleted_at IS NULL AND (:account_type = 'Admin' OR doctor_id = :caller)
  AND EXISTS (SELECT 1 FROM operations WHERE id = :operation)
