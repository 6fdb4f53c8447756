-- Account 1 is the Admin; then come the doctors, then the patients. They registered one after the
-- other, before the first appointment was booked. Names repeat among patients only.
INSERT INTO accounts (
  id, account_type, name, name_key, email, email_key, email_search, password_hash, specialty, specialty_key, created_at)
SELECT
  id, account_type, title || first.name || ' ' || last.name, lower(title) || first.name_key || ' ' || last.name_key,
  email, email, email, :password_hash, specialty.name, specialty.name_key, :opening - 10 * (:accounts - id)
FROM (
  WITH RECURSIVE ids (id) AS (SELECT 1 UNION ALL SELECT id + 1 FROM ids WHERE id < :accounts)
  SELECT
    id,
    CASE WHEN id > 1 + :doctors THEN 'Patient' WHEN id > 1 THEN 'Doctor' ELSE 'Admin' END AS account_type,
    iif(id BETWEEN 2 AND 1 + :doctors, 'Dr. ', '') AS title,
    CASE
      WHEN id > 1 + :doctors THEN printf('patient-%07d@network.example', id)
      WHEN id > 1 THEN printf('doctor-%07d@network.example', id)
      ELSE 'admin@network.example'
    END AS email
  FROM ids)
CROSS JOIN words AS first ON first.kind = 'first' AND first.number = id % :firsts
CROSS JOIN words AS last ON last.kind = 'last' AND last.number = (id / :firsts + id % :firsts * 5) % :lasts
LEFT JOIN words AS specialty
  ON specialty.kind = 'specialty' AND specialty.number = id % :specialties AND account_type = 'Doctor';

-- What the triggers would have written.
INSERT INTO working_hours
SELECT 1 + doctor.value, weekday.value, 480, 1080
FROM (WITH RECURSIVE ids (value) AS (SELECT 1 UNION ALL SELECT value + 1 FROM ids WHERE value < :doctors)
      SELECT value FROM ids) AS doctor
CROSS JOIN json_each('[1,2,3,4,5,6,7]') AS weekday;

-- The Admin is the migration's, and nobody's. Doctors are registered by the Admin.
INSERT INTO audit (at, actor_id, action, account_id, request_id)
SELECT
  created_at, CASE account_type WHEN 'Doctor' THEN 1 WHEN 'Patient' THEN id END, 'register', id,
  iif(account_type <> 'Admin', printf('register-%07d', id), NULL)
FROM accounts ORDER BY id;
