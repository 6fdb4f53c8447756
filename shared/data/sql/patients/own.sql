-- The caller, and then their dependants.
SELECT json_group_array(json(document)) FROM (
  SELECT document FROM patient_documents
  WHERE id IN (
    SELECT :caller
    UNION ALL SELECT guardians.patient_id FROM guardians WHERE account_id = :caller AND guardians.active = 1)
  ORDER BY id <> :caller, id)
