SELECT json_group_array(json_object(
  'start_at', start_at, 'end_at', end_at, 'weekday', weekday, 'shift_from', shift_from, 'shift', shift,
  'time_zone_data', time_zone_data))
FROM days
