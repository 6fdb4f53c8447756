-- The guardians of the merged patient, and the patients that it was a guardian of. Nobody is their own guardian.
INSERT INTO guardians (patient_id, account_id, active, operation_id)
SELECT patient_id, account_id, 1, :operation FROM (
  SELECT :into AS patient_id, account_id FROM guardians WHERE patient_id = :id AND guardians.active = 1
  UNION SELECT patient_id, :into FROM guardians WHERE account_id = :id AND guardians.active = 1)
WHERE patient_id <> account_id
  AND EXISTS (SELECT 1 FROM operations WHERE operations.id = :operation AND row_id = :into)
ON CONFLICT (patient_id, account_id) DO UPDATE SET active = 1, operation_id = excluded.operation_id WHERE active = 0
