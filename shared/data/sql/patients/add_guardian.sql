INSERT INTO guardians (patient_id, account_id, operation_id)
SELECT row_id, :caller, id FROM operations
WHERE id = :operation AND row_id IS NOT NULL AND :account_type = 'Patient'
