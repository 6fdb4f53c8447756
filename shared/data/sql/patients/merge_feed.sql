UPDATE feeds SET person_id = :into
WHERE person_id = :id AND EXISTS (SELECT 1 FROM operations WHERE operations.id = :operation AND row_id = :into)
