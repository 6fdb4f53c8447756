DELETE FROM feeds WHERE person_id = :caller AND EXISTS (SELECT 1 FROM operations WHERE id = :operation)
