-- Returns the profile after the change.
SELECT document FROM profile_documents WHERE id = (SELECT row_id FROM operations WHERE id = :operation)
