INSERT INTO working_hours
SELECT row_id, value ->> 'weekday', value ->> 'start_minute', value ->> 'end_minute'
FROM operations, json_each(:hours) WHERE operations.id = :operation AND row_id = :doctor
