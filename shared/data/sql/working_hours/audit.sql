-- Runs before the week is replaced, because the audit entry contains the old and the new working hours.
INSERT INTO audit (at, actor_id, action, account_id, request_id, changes)
SELECT at, actor_id, 'working_hours', doctor_id, request_id,
  json_object('working_hours', json_array(json(hours), json(:hours)))
FROM weeks, operations
WHERE doctor_id = :doctor AND operations.id = :operation AND (:account_type = 'Admin' OR doctor_id = :caller)
  AND hours <> json(:hours)
