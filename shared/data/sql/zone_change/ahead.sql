-- Returns a page of the booked appointments after a position, in order of start, and the hours of their
-- doctors.
WITH ahead AS MATERIALIZED (
  SELECT doctor_id, start_at, duration, id FROM appointments
  WHERE (start_at, id) > (:start_at, :id) AND status = 'Booked'
  ORDER BY start_at, id LIMIT :limit + 0)
SELECT json_object(
  'booked', (SELECT json_group_array(json_array(doctor_id, start_at, duration, id)) FROM ahead),
  'hours', (
    SELECT json_group_array(json_array(doctor_id, json_object(
      'working_hours', json(hours),
      'special_hours', (
        SELECT json_group_array(json_object('date', date, 'hours', json(hours))) FROM special_hours
        WHERE special_hours.doctor_id = weeks.doctor_id AND hours IS NOT NULL))))
    FROM weeks WHERE doctor_id IN (SELECT doctor_id FROM ahead)))
