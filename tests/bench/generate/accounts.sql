-- Account 1 is the Admin; then come the doctors, then the patients. They registered one after the
-- other, before the first appointment was booked. Names repeat among patients only.
INSERT INTO people (id, account_type, name, name_key, specialty, specialty_key, created_at, operation_id)
SELECT
  id, account_type, title || first.name || ' ' || last.name, lower(title) || first.name_key || ' ' || last.name_key,
  specialty.name, specialty.name_key, :opening - 10 * (:accounts - id), zeroblob(16)
FROM (
  WITH RECURSIVE ids (id) AS (SELECT 1 UNION ALL SELECT id + 1 FROM ids WHERE id < :accounts)
  SELECT
    id,
    CASE WHEN id > 1 + :doctors THEN 'Patient' WHEN id > 1 THEN 'Doctor' ELSE 'Admin' END AS account_type,
    iif(id BETWEEN 2 AND 1 + :doctors, 'Dr. ', '') AS title
  FROM ids)
CROSS JOIN words AS first ON first.kind = 'first' AND first.number = id % :firsts
CROSS JOIN words AS last ON last.kind = 'last' AND last.number = (id / :firsts + id % :firsts * 5) % :lasts
LEFT JOIN words AS specialty
  ON specialty.kind = 'specialty' AND specialty.number = id % :specialties AND account_type = 'Doctor';

INSERT INTO logins (person_id, email, email_key, search_key, password_hash, operation_id)
SELECT id, email, email, email, :password_hash, zeroblob(16)
FROM (
  SELECT id, CASE account_type
    WHEN 'Patient' THEN printf('patient-%07d@network.example', id)
    WHEN 'Doctor' THEN printf('doctor-%07d@network.example', id)
    ELSE 'admin@network.example'
  END AS email
  FROM people);

-- Each account is signed in, and the session's id is the account's. So a benchmark can sign tokens itself.
INSERT INTO sessions (id, person_id, created_at)
SELECT unhex(printf('%032x', id)), id, created_at FROM people;

-- The triggers would have written the following.
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
FROM people ORDER BY id;

-- The patients have bookings ahead, and a benchmark makes more: none is too many.
UPDATE clinic SET name = :name, public_id = printf('%032x', 1), max_open_bookings = NULL;
