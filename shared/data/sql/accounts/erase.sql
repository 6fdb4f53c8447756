UPDATE people SET
  erased_at = :now, active = 0, name = 'Erased', name_key = 'erased', phone = NULL, language = NULL,
  birth_date = NULL, contact_email = NULL, contact_email_key = NULL, notes = NULL, idempotency_key = NULL, request_hash = NULL,
  operation_id = :operation
WHERE id = coalesce((SELECT merged_into FROM people WHERE id = :id), :id)
  AND erased_at IS NULL AND :account_type = 'Admin'
  AND EXISTS (SELECT 1 FROM operations WHERE id = :operation)
