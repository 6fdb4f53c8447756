-- Adds a patient without a login. A Patient adds a dependant: the next step makes the caller the guardian.
INSERT INTO people (
  account_type, name, name_key, phone, contact_email, contact_email_key, birth_date, language, notes, created_at, created_by,
  idempotency_key, request_hash, operation_id)
SELECT 'Patient', :name, :name_key, :phone, :email, :search_key, :birth_date, :language, :notes, at, actor_id,
  :key, iif(:key IS NULL, NULL, :request_hash), operations.id
FROM operations
WHERE operations.id = :operation
  AND NOT EXISTS (SELECT 1 FROM people WHERE created_by = actor_id AND idempotency_key = :key)
  AND (:account_type IN ('Admin', 'Receptionist') OR :account_type = 'Patient' AND :most_dependants > (
    SELECT count(*) FROM guardians JOIN people ON people.id = patient_id
    WHERE account_id = actor_id AND guardians.active = 1 AND created_by = actor_id))
