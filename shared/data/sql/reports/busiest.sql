-- The cursor compares negated numbers, because the order is descending.
SELECT json_group_array(json_object(
  'doctor_id', doctor_id, 'name', name, 'appointments_count', appointments_count, 'booked_mins', booked_mins))
FROM (
  SELECT doctor_id, name, count(*) AS appointments_count, sum(duration) AS booked_mins
  FROM appointments JOIN people ON people.id = doctor_id
  WHERE status <> 'Cancelled' AND start_at >= :day_start AND start_at < :day_end
  GROUP BY doctor_id
  HAVING booked_mins >= :at_least
     AND (-appointments_count, -booked_mins, doctor_id) > (-:after_count, -:after_mins, :after_id)
  ORDER BY appointments_count DESC, booked_mins DESC, doctor_id
  LIMIT :limit + 0)
