-- What a change answers, of the profile as it is now.
SELECT json_object('id', id, 'name', name, 'specialty', specialty, 'details', details)
FROM people WHERE id = (SELECT row_id FROM operations WHERE id = :operation)
