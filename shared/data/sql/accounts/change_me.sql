UPDATE people SET
  name = coalesce(:name, name),
  name_key = coalesce(:name_key, name_key),
  phone = iif(:changes_phone, :phone, phone),
  language = iif(:changes_language, :language, language),
  operation_id = :operation
WHERE id = :caller AND EXISTS (SELECT 1 FROM operations WHERE id = :operation)
