-- Invites a patient again who has not set a password yet. A trigger writes the audit entry.
UPDATE logins SET operation_id = :operation
WHERE person_id = coalesce((SELECT merged_into FROM people WHERE id = :id), :id)
  AND password_hash = '$argon2id$none' AND logins.operation_id <> :operation
  AND :account_type IN ('Admin', 'Receptionist')
  AND EXISTS (SELECT 1 FROM people WHERE id = person_id AND account_type = 'Patient' AND erased_at IS NULL)
  AND EXISTS (SELECT 1 FROM operations WHERE operations.id = :operation)
