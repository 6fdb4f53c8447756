-- From now on, the email of the login is the email of the patient.
UPDATE people SET contact_email = NULL, contact_email_key = NULL, operation_id = :operation
WHERE id = coalesce((SELECT merged_into FROM people WHERE id = :id), :id)
  AND contact_email IS NOT NULL
  AND EXISTS (SELECT 1 FROM logins WHERE person_id = people.id AND logins.operation_id = :operation)
  AND EXISTS (SELECT 1 FROM operations WHERE operations.id = :operation)
