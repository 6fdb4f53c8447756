-- Nobody acts for an erased patient, and an erased account acts for nobody.
UPDATE guardians SET active = 0, operation_id = :operation
WHERE active = 1 AND (
  patient_id = (SELECT row_id FROM operations WHERE id = :operation)
  OR account_id = (SELECT row_id FROM operations WHERE id = :operation))
