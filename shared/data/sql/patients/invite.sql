-- Gives the patient a login without a password. A trigger writes the audit entry that the invitation follows from.
INSERT INTO logins (person_id, email, email_key, search_key, password_hash, operation_id)
SELECT people.id, contact_email, :email_key, :search_key, '$argon2id$none', operations.id
FROM operations
JOIN people ON people.id = coalesce((SELECT merged_into FROM people WHERE people.id = :id), :id)
WHERE operations.id = :operation AND :account_type IN ('Admin', 'Receptionist')
  AND account_type = 'Patient' AND erased_at IS NULL AND merged_into IS NULL AND contact_email = :email
  AND NOT EXISTS (SELECT 1 FROM logins WHERE person_id = people.id)
