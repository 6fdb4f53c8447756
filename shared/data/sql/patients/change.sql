-- The email of a patient who has a login is that of the login. The next step changes it if the login has no password.
UPDATE people SET
  name = coalesce(:name, name),
  name_key = coalesce(:name_key, name_key),
  phone = iif(:changes_phone, :phone, phone),
  contact_email = iif(
    :changes_email AND NOT EXISTS (SELECT 1 FROM logins WHERE person_id = people.id), :email, contact_email),
  contact_email_key = iif(
    :changes_email AND NOT EXISTS (SELECT 1 FROM logins WHERE person_id = people.id), :search_key, contact_email_key),
  birth_date = iif(:changes_birth_date, :birth_date, birth_date),
  language = iif(:changes_language, :language, language),
  notes = iif(:changes_notes, :notes, notes),
  operation_id = :operation
WHERE id = coalesce((SELECT merged_into FROM people WHERE id = :id), :id)
  AND account_type = 'Patient' AND erased_at IS NULL AND merged_into IS NULL
  AND (:account_type IN ('Admin', 'Receptionist') OR NOT :changes_notes AND (id = :caller OR EXISTS (
    SELECT 1 FROM guardians
    WHERE guardians.patient_id = people.id AND account_id = :caller AND guardians.active = 1)))
  AND (NOT :changes_email OR NOT EXISTS (
    SELECT 1 FROM logins
    WHERE person_id = people.id AND email IS NOT :email AND (password_hash <> '$argon2id$none' OR :email IS NULL)))
  AND EXISTS (SELECT 1 FROM operations WHERE operations.id = :operation)
