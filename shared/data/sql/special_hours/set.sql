-- Runs after working_hours/authorize. :hours is NULL to remove the hours of the date, if it has any.
INSERT INTO special_hours
SELECT row_id, :date, :hours, id FROM operations
WHERE id = :operation AND row_id = :doctor
  AND (:hours IS NOT NULL OR EXISTS (SELECT 1 FROM special_hours WHERE doctor_id = :doctor AND date = :date))
ON CONFLICT (doctor_id, date) DO UPDATE SET hours = excluded.hours, operation_id = excluded.operation_id
