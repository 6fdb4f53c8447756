-- Returns the type after the change.
SELECT document FROM type_documents WHERE id = (SELECT row_id FROM operations WHERE id = :operation)
