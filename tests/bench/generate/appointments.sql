-- The appointments of a range of days, ordered by start. The program fills in the doctor and the patient.
INSERT INTO appointments (
  id, doctor_id, patient_id, booked_by, start_at, duration, busy_from, busy_until, status, reason, version,
  operation_id)
SELECT
  id, doctor_id, patient_id, patient_id, start_at, duration, start_at, start_at + duration * 60, status, reason,
  iif(status = 'Booked', 1, 2), zeroblob(16)
FROM (
  SELECT
    today.day * 10000 - :skipped + slot + 1 AS id, $doctor AS doctor_id, $patient AS patient_id,
    today.start_at + start_minute * 60 AS start_at, duration, reason,
    CASE WHEN today.day < :past OR status = 'Cancelled' THEN status ELSE 'Booked' END AS status
  FROM working_days AS today CROSS JOIN plan
  WHERE today.day BETWEEN :from AND :to AND (today.day > 0 OR slot >= :skipped));
