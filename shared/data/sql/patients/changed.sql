-- Returns the patient after the change.
SELECT document FROM patient_documents WHERE id = (SELECT row_id FROM operations WHERE id = :operation)
