UPDATE people SET
  name = coalesce(:name, name),
  name_key = coalesce(:name_key, name_key),
  phone = iif(:changes_phone, :phone, phone),
  birth_date = iif(:changes_birth_date, :birth_date, birth_date),
  language = iif(:changes_language, :language, language),
  operation_id = :operation
WHERE id = :caller AND EXISTS (SELECT 1 FROM operations WHERE id = :operation)
