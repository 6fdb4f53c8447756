SELECT json_group_array(json_object(
  'start_at', start_at, 'end_at', end_at, 'weekday', weekday, 'clock_change_minute', clock_change_minute,
  'clock_change_seconds', clock_change_seconds, 'time_zone_data', time_zone_data))
FROM days
