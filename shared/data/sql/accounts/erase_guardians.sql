-- Nobody acts for an erased patient, and an erased account acts for nobody.
UPDATE guardians SET active = 0, operation_id = :operation
WHERE (SELECT row_id FROM operations WHERE id = :operation) IN (patient_id, account_id) AND active = 1
