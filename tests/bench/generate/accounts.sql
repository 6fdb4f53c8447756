-- Account 1 is the Admin, followed by the doctors and the patients. They registered one after the other, before the
-- first booking. Only patients share names.
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

-- Each account has a session with the same id, so that a benchmark can sign tokens itself.
INSERT INTO sessions (id, person_id, created_at)
SELECT unhex(printf('%032x', id)), id, created_at FROM people;

-- The following rows are those that the triggers would have inserted.
INSERT INTO working_hours
SELECT 1 + doctor.value, weekday.value, 480, 1080
FROM (WITH RECURSIVE ids (value) AS (SELECT 1 UNION ALL SELECT value + 1 FROM ids WHERE value < :doctors)
      SELECT value FROM ids) AS doctor
CROSS JOIN json_each('[1,2,3,4,5,6,7]') AS weekday;

-- The migration registers the Admin, without an actor. The Admin registers the doctors.
INSERT INTO audit (at, actor_id, action, account_id, request_id)
SELECT
  created_at, CASE account_type WHEN 'Doctor' THEN 1 WHEN 'Patient' THEN id END, 'register', id,
  iif(account_type <> 'Admin', printf('register-%07d', id), NULL)
FROM people ORDER BY id;

-- No limit of open bookings, because a benchmark books many appointments per patient.
UPDATE clinic SET name = :name, public_id = printf('%032x', 1), max_open_bookings = NULL;

INSERT INTO patient_search SELECT * FROM patient_search_rows;
