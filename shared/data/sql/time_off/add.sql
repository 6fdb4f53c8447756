INSERT INTO time_off (id, doctor_id, start_at, end_at, reason, operation_id)
SELECT row_id, :doctor, :start_at, :end_at, :reason, id FROM operations WHERE id = :operation AND row_id IS NOT NULL
