-- Returns the booked appointments that the closure would overlap.
SELECT json_group_array(id) FROM (
  SELECT appointments.id FROM people JOIN appointments ON doctor_id = people.id
  WHERE account_type = 'Doctor' AND cancelled = 0 AND status = 'Booked'
    AND start_at > :from AND start_at < :end_at AND start_at + duration * 60 > :start_at
  ORDER BY start_at, appointments.id)
