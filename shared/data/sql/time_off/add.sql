INSERT INTO time_off (doctor_id, start_at, end_at, reason, operation_id)
SELECT people.id, :start_at, :end_at, :reason, operations.id FROM people, operations
WHERE people.id = :doctor AND account_type = 'Doctor' AND operations.id = :operation
  AND (:account_type = 'Admin' OR people.id = :caller)
