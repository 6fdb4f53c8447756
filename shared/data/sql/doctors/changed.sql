-- What a change answers, of the profile as it is now.
SELECT document FROM profile_documents WHERE id = (SELECT row_id FROM operations WHERE id = :operation)
