-- The clinic's days, as a program worked them out in the calendar of this version. 1 where that is the clinic's.
INSERT INTO days
SELECT value ->> 'start_at', value ->> 'end_at', value ->> 'weekday', value ->> 'shift_from', value ->> 'shift'
FROM json_each(:days)
WHERE (SELECT calendar_version FROM clinic) = :calendar
ON CONFLICT (start_at) DO UPDATE SET end_at = excluded.end_at
RETURNING 1
