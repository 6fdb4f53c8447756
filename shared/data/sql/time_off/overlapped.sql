-- Returns the booked appointments that the time off would overlap.
SELECT json_group_array(id) FROM (
  SELECT id FROM appointments
  WHERE doctor_id = :doctor AND cancelled = 0 AND status = 'Booked'
    AND start_at > :from AND start_at < :end_at AND start_at + duration * 60 > :start_at
  ORDER BY start_at)
