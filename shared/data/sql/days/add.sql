-- The clinic's days, as a program worked them out in the calendar of this version. 1 where that is the clinic's, and
-- no program with newer time-zone data has added days.
INSERT INTO days
SELECT
  value ->> 'start_at', value ->> 'end_at', value ->> 'weekday', value ->> 'shift_from', value ->> 'shift',
  value ->> 'time_zone_data'
FROM json_each(:days)
WHERE (SELECT calendar_version FROM clinic) = :calendar
  AND value ->> 'time_zone_data' >= (SELECT coalesce(max(time_zone_data), '') FROM days)
ON CONFLICT (start_at) DO UPDATE SET
  end_at = excluded.end_at, weekday = excluded.weekday, shift_from = excluded.shift_from, shift = excluded.shift,
  time_zone_data = excluded.time_zone_data
RETURNING 1
