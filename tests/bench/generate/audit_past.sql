-- The audit entries of a range of days about past appointments, ordered by time.
INSERT INTO audit (at, actor_id, action, appointment_id, request_id, changes)
SELECT
  at, CASE action WHEN 'book' THEN $patient ELSE $doctor END, action, day * 10000 - :skipped + slot + 1,
  printf('%010x%06x', at, slot), changes
FROM (
  SELECT today.day + ahead AS day, today.start_at + second AS at, action, slot, place, turn, changes
  FROM working_days AS today CROSS JOIN events
  WHERE today.day BETWEEN :from AND :to)
WHERE day BETWEEN 0 AND :past - 1 AND (day > 0 OR slot >= :skipped);
