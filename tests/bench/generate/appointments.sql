-- The appointments of some days, by start. (Whose, the program puts in.)
INSERT INTO appointments (
  id, doctor_id, patient_id, start_at, duration, status, reason, version, as_of, asked_start_at, asked_duration,
  calendar_version, day_start, day_end, weekday, shift_from, shift)
SELECT
  today.day * 10000 - :skipped + slot + 1, $doctor, $patient, today.start_at + start_minute * 60, duration,
  CASE WHEN today.day < :past OR status = 'Cancelled' THEN status ELSE 'Booked' END, reason,
  iif(today.day < :past OR status = 'Cancelled', 2, 1),
  -- What is still to come was booked before today.
  (SELECT booked.start_at FROM days AS booked WHERE booked.day = min(today.day, :past) - lead) + booked_second,
  today.start_at + start_minute * 60, duration,
  -- The zone is UTC: days have 24 hours, and no clock changes.
  1, today.start_at, today.start_at + 86400, today.weekday, 1440, 0
FROM days AS today CROSS JOIN plan
WHERE today.day BETWEEN :from AND :to AND (today.day > 0 OR slot >= :skipped);
