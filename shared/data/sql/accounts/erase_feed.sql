DELETE FROM feeds WHERE person_id = (SELECT row_id FROM operations WHERE id = :operation)
