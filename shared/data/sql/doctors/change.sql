UPDATE people SET
  specialty = iif(:changes_specialty, :specialty, specialty),
  specialty_key = iif(:changes_specialty, :specialty_key, specialty_key),
  details = iif(:changes_details, :details, details),
  operation_id = :operation
WHERE id = :doctor AND account_type = 'Doctor' AND (:account_type = 'Admin' OR id = :caller)
  AND EXISTS (SELECT 1 FROM operations WHERE id = :operation)
