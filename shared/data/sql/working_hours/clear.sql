DELETE FROM working_hours
WHERE doctor_id = :doctor AND EXISTS (SELECT 1 FROM operations WHERE id = :operation AND row_id = :doctor)
