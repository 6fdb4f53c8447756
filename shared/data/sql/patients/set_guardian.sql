INSERT INTO guardians (patient_id, account_id, active, operation_id)
SELECT patient.id, account.id, 1, operations.id
FROM operations
JOIN people AS patient ON patient.id = coalesce((SELECT merged_into FROM people WHERE people.id = :id), :id)
JOIN people AS account ON account.id = coalesce((SELECT merged_into FROM people WHERE people.id = :account), :account)
WHERE operations.id = :operation AND :account_type IN ('Admin', 'Receptionist')
  AND patient.account_type = 'Patient' AND patient.erased_at IS NULL
  AND account.account_type = 'Patient' AND account.erased_at IS NULL
  AND account.id <> patient.id AND EXISTS (SELECT 1 FROM logins WHERE person_id = account.id)
ON CONFLICT (patient_id, account_id) DO UPDATE SET active = 1, operation_id = excluded.operation_id WHERE active = 0
