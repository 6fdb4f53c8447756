-- What a change answers, of the clinic as it is now.
SELECT document FROM clinic_documents WHERE (SELECT row_id FROM operations WHERE id = :operation) = 1
