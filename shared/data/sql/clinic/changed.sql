-- Returns the clinic after the change.
SELECT document FROM clinic_documents WHERE (SELECT row_id FROM operations WHERE id = :operation) = 1
