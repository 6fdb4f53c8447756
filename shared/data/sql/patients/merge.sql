UPDATE people SET
  merged_into = :into, active = 0, name = 'Merged', name_key = 'merged', phone = NULL, contact_email = NULL,
  contact_email_key = NULL, birth_date = NULL, language = NULL, notes = NULL, operation_id = :operation
WHERE id = :id AND EXISTS (SELECT 1 FROM operations WHERE operations.id = :operation AND row_id = :into)
