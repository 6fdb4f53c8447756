-- Adds calendar days of the clinic, computed with version :calendar of its calendar. Returns 1, or no row if the
-- calendar has changed or a program with a newer time zone database has added days.
INSERT INTO days
SELECT
  value ->> 'start_at', value ->> 'end_at', value ->> 'weekday', value ->> 'clock_change_minute',
  value ->> 'clock_change_seconds', value ->> 'time_zone_data'
FROM json_each(:days)
WHERE (SELECT calendar_version FROM clinic) = :calendar
  AND value ->> 'time_zone_data' >= (SELECT coalesce(max(time_zone_data), '') FROM days)
ON CONFLICT (start_at) DO UPDATE SET
  end_at = excluded.end_at, weekday = excluded.weekday, clock_change_minute = excluded.clock_change_minute,
  clock_change_seconds = excluded.clock_change_seconds, time_zone_data = excluded.time_zone_data
RETURNING 1
