-- The first step of a merge. The patient that stays gets what it lacks. The email of a patient with a login is that of the
-- login. If the login that it gets was deactivated, it stays deactivated.
UPDATE people SET
  phone = coalesce(people.phone, merged.phone),
  contact_email = iif(has_login, NULL, coalesce(people.contact_email, merged.contact_email)),
  contact_email_key = iif(has_login, NULL, coalesce(people.contact_email_key, merged.contact_email_key)),
  birth_date = coalesce(people.birth_date, merged.birth_date),
  language = coalesce(people.language, merged.language),
  notes = coalesce(people.notes || char(10, 10) || merged.notes, people.notes, merged.notes),
  active = iif(merged.gives_login AND merged.active = 0, 0, people.active),
  operation_id = :operation
FROM (
  SELECT *, EXISTS (SELECT 1 FROM logins WHERE person_id IN (:id, :into)) AS has_login,
    EXISTS (SELECT 1 FROM logins WHERE person_id = :id) AS gives_login
  FROM people
  WHERE id = :id AND account_type = 'Patient' AND erased_at IS NULL AND merged_into IS NULL) AS merged
WHERE people.id = :into AND people.id <> merged.id
  AND people.account_type = 'Patient' AND people.erased_at IS NULL AND people.merged_into IS NULL
  AND coalesce(length(people.notes) + 2 + length(merged.notes), 0) <= :longest_notes
  AND :account_type IN ('Admin', 'Receptionist')
  AND EXISTS (SELECT 1 FROM operations WHERE operations.id = :operation)
