-- Patients apart from logins: patients without one, their guardians, the search for them, and the merge of two records of
-- one patient. And Receptionists, who work with them.
--
-- A patient is a row of people with the account type Patient. A patient who can sign in also has a row in logins, and one
-- id for both.

-- People

INSERT INTO account_types VALUES ('Receptionist');

INSERT INTO actions VALUES ('patient'), ('guardian'), ('merge');

-- YYYY-MM-DD.
ALTER TABLE people ADD COLUMN birth_date TEXT CHECK (birth_date IS date(birth_date));
-- The email of a patient without a login. It need not be unique. A patient with a login has the email of the login.
ALTER TABLE people ADD COLUMN contact_email TEXT
  CHECK (contact_email IS NULL OR account_type = 'Patient' AND length(contact_email) BETWEEN 3 AND 254);
-- The contact email to search in: without case and accents.
ALTER TABLE people ADD COLUMN contact_email_key TEXT CHECK ((contact_email_key IS NULL) = (contact_email IS NULL));
-- What the staff note about a patient.
ALTER TABLE people ADD COLUMN notes TEXT
  CHECK (notes IS NULL OR account_type = 'Patient' AND length(notes) BETWEEN 1 AND 5000);
-- The account that added the patient. NULL: the person registered, or an Admin registered an account. Not a foreign key:
-- see appointments.booked_by.
ALTER TABLE people ADD COLUMN created_by INTEGER;
-- The idempotency key of the request that added the patient, and the hash of that request (SHA-256).
ALTER TABLE people ADD COLUMN idempotency_key TEXT CHECK (length(idempotency_key) BETWEEN 1 AND 255);
ALTER TABLE people ADD COLUMN request_hash BLOB CHECK (length(request_hash) = 32);
-- The patient that this one was merged into: both are one person. Never the id of a merged patient. Not a foreign key: see
-- appointments.booked_by.
ALTER TABLE people ADD COLUMN merged_into INTEGER CHECK (merged_into IS NULL OR merged_into <> id AND active = 0);

CREATE INDEX people_by_birth_date ON people (birth_date) WHERE birth_date IS NOT NULL;
CREATE INDEX people_by_key ON people (created_by, idempotency_key) WHERE idempotency_key IS NOT NULL;
CREATE INDEX people_merged ON people (merged_into) WHERE merged_into IS NOT NULL;

-- The Patient accounts that act for a patient, as that patient. A row is never deleted. It becomes inactive when the
-- guardian is taken away.
CREATE TABLE guardians (
  patient_id   INTEGER NOT NULL REFERENCES people,
  account_id   INTEGER NOT NULL REFERENCES people CHECK (account_id <> patient_id),
  active       INTEGER NOT NULL DEFAULT 1 CHECK (active IN (0, 1)),
  operation_id BLOB    NOT NULL,
  PRIMARY KEY (patient_id, account_id)
) WITHOUT ROWID, STRICT;

CREATE INDEX guardians_of_account ON guardians (account_id, active, patient_id);

-- The text that each patient is searched by. A search reads the whole table, so it has nothing else. Patients who were
-- erased or merged have no row. Triggers write it.
CREATE TABLE patient_search (
  patient_id INTEGER PRIMARY KEY REFERENCES people,
  -- The lines are the name, the contact email, the digits of the phone, and the birth date.
  person     TEXT NOT NULL,
  -- The email of the login.
  login      TEXT NOT NULL DEFAULT ''
) STRICT;

CREATE VIEW patient_search_rows AS
SELECT id AS patient_id,
  name_key || char(10) || coalesce(contact_email_key, '') || char(10) || coalesce(substr(phone, 2), '')
    || char(10) || coalesce(birth_date, '') AS person,
  coalesce((SELECT search_key FROM logins WHERE person_id = people.id), '') AS login
FROM people
WHERE account_type = 'Patient' AND erased_at IS NULL AND merged_into IS NULL;

-- step while SELECT EXISTS (SELECT 1 FROM patient_search_rows WHERE patient_id > (SELECT coalesce(max(patient_id), 0) FROM patient_search))
INSERT INTO patient_search
SELECT * FROM patient_search_rows
WHERE patient_id > (SELECT coalesce(max(patient_id), 0) FROM patient_search)
ORDER BY patient_id LIMIT 20000;

-- step
-- The documents for programs

DROP VIEW account_documents;

CREATE VIEW account_documents AS
SELECT people.*, logins.email, logins.search_key, signed_in_at, verified_at, json_object(
  'id', id, 'name', name, 'email', email, 'account_type', account_type,
  'active', json(iif(active, 'true', 'false')), 'phone', phone, 'birth_date', birth_date, 'language', language,
  'email_verified', json(iif(verified_at IS NULL, 'false', 'true')),
  'feed', (
    SELECT json_object('details', json(iif(details, 'true', 'false'))) FROM feeds WHERE feeds.person_id = people.id))
  AS document
FROM people JOIN logins ON logins.person_id = id;

-- A patient as the staff see them: `listed` in a list, `document` on its own. A patient who was invited has no login until
-- they have set a password.
CREATE VIEW patient_documents AS
SELECT people.*, json_object(
    'id', id, 'name', name, 'phone', phone, 'email', coalesce(logins.email, contact_email), 'birth_date', birth_date,
    'has_login', json(iif(coalesce(password_hash, '$argon2id$none') = '$argon2id$none', 'false', 'true'))) AS listed,
  json_object(
    'id', id, 'name', name, 'phone', phone, 'email', coalesce(logins.email, contact_email), 'birth_date', birth_date,
    'has_login', json(iif(coalesce(password_hash, '$argon2id$none') = '$argon2id$none', 'false', 'true')),
    'language', language, 'notes', notes, 'guardians', (
      SELECT json_group_array(json_object('account_id', account_id, 'name', guardian.name))
      FROM (SELECT account_id FROM guardians WHERE patient_id = people.id AND guardians.active = 1 ORDER BY account_id)
      JOIN people AS guardian ON guardian.id = account_id)) AS document
FROM people LEFT JOIN logins ON logins.person_id = id
WHERE account_type = 'Patient';

-- Views for the sender

DROP VIEW contacts;

CREATE VIEW contacts AS
SELECT people.id AS person_id, people.name, coalesce(logins.email, contact_email) AS email, people.phone,
  coalesce(people.language, clinic.language) AS language, verified_at
FROM clinic, people LEFT JOIN logins ON logins.person_id = people.id
WHERE erased_at IS NULL;

DROP VIEW readers;

-- Who is told about the appointments of a patient: the patient, or each guardian if the patient has no email.
CREATE VIEW readers AS
SELECT patients.id AS patient_id, people.id AS reader_id
FROM (
  SELECT people.id, coalesce(logins.email, contact_email) IS NOT NULL OR NOT EXISTS (
      SELECT 1 FROM guardians WHERE guardians.patient_id = people.id AND guardians.active = 1) AS is_told
  FROM people LEFT JOIN logins ON logins.person_id = people.id
  WHERE account_type = 'Patient' AND erased_at IS NULL) AS patients
JOIN people ON people.id IN (
  SELECT patients.id WHERE is_told
  UNION ALL SELECT account_id FROM guardians WHERE guardians.patient_id = patients.id AND guardians.active = 1 AND NOT is_told)
WHERE people.erased_at IS NULL;

DROP VIEW queued_appointment_messages;

-- As before. A reader who was told nothing about the appointment continues where an earlier reader stopped: the patient
-- after a guardian, or a guardian after another one.
CREATE VIEW queued_appointment_messages AS
SELECT messages.id, start_at, document, before, CASE
    WHEN told IS NULL AND EXISTS (
      SELECT 1 FROM messages AS later
      WHERE later.appointment_id = messages.appointment_id AND later.reader_id = messages.reader_id
        AND later.id > messages.id AND later.state IN ('Queued', 'Sent', 'Call', 'Done')) THEN NULL
    WHEN told IS NOT NULL THEN iif(told = document, kind, NULL)
    WHEN status = 'Cancelled' THEN iif(before ->> 'status' = 'Booked', 'cancelled', NULL)
    WHEN status <> 'Booked' OR before IS document THEN NULL
    ELSE iif(before IS NULL, 'booked', 'moved')
  END AS says,
  EXISTS (
    SELECT 1 FROM messages AS earlier
    WHERE earlier.appointment_id = messages.appointment_id AND earlier.reader_id = messages.reader_id
      AND earlier.id < messages.id AND earlier.state = 'Queued' AND earlier.told IS NOT NULL) AS waits
FROM (
  SELECT *, coalesce((
      SELECT earlier.told FROM messages AS earlier
      WHERE earlier.appointment_id = messages.appointment_id AND earlier.reader_id = messages.reader_id
        AND earlier.id < messages.id AND earlier.kind <> 'reminder'
        AND (earlier.state IN ('Sent', 'Done') OR earlier.unknown = 1)
      ORDER BY earlier.id DESC LIMIT 1), (
      SELECT earlier.told FROM messages AS earlier
      WHERE earlier.appointment_id = messages.appointment_id AND earlier.id < messages.id AND earlier.kind <> 'reminder'
        AND (earlier.state IN ('Sent', 'Done') OR earlier.unknown = 1)
        AND NOT EXISTS (
          SELECT 1 FROM readers
          WHERE readers.patient_id = messages.patient_id AND readers.reader_id = earlier.reader_id)
      ORDER BY earlier.id DESC LIMIT 1)) AS before
  FROM messages
  WHERE state = 'Queued' AND kind IN ('booked', 'moved', 'cancelled')) AS messages
JOIN told_appointments USING (appointment_id);

DROP VIEW appointment_links;

-- As before. A link also works for a guardian, until the guardian is taken away.
CREATE VIEW appointment_links AS
SELECT hash, messages.reader_id, appointments.id AS appointment_id, start_at, json_object(
  'reader_id', messages.reader_id,
  'clinic', (SELECT json(document) FROM clinic_documents),
  'appointment', (SELECT json(document) FROM appointment_documents WHERE id = appointments.id),
  'specialty', doctor.specialty) AS document
FROM links
JOIN messages ON messages.id = links.message_id
JOIN appointments ON appointments.id = links.appointment_id
JOIN people AS reader ON reader.id = messages.reader_id
JOIN people AS doctor ON doctor.id = doctor_id
WHERE reader.active = 1
  AND (messages.reader_id = appointments.patient_id OR EXISTS (
    SELECT 1 FROM guardians
    WHERE guardians.patient_id = appointments.patient_id AND account_id = messages.reader_id AND guardians.active = 1));

-- Rules

DROP TRIGGER people_inserted;

-- As before, also for patients that the staff or a guardian add.
CREATE TRIGGER people_inserted AFTER INSERT ON people
BEGIN
  SELECT RAISE(ABORT, 'people-stay')
  WHERE NEW.merged_into IS NOT NULL
     OR EXISTS (SELECT 1 FROM audit WHERE account_id = NEW.id AND action IN ('register', 'patient'));
  SELECT RAISE(ABORT, 'operation-missing')
  WHERE NOT EXISTS (SELECT 1 FROM operations WHERE id = NEW.operation_id);
  SELECT RAISE(ABORT, 'idempotency-key-taken')
  WHERE EXISTS (
    SELECT 1 FROM people
    WHERE created_by = NEW.created_by AND idempotency_key = NEW.idempotency_key AND id <> NEW.id);

  UPDATE operations SET row_id = NEW.id WHERE id = NEW.operation_id AND row_id IS NULL;
  INSERT INTO working_hours
  SELECT NEW.id, value, 480, 1080 FROM json_each('[1,2,3,4,5,6,7]') WHERE NEW.account_type = 'Doctor';
  INSERT OR REPLACE INTO patient_search SELECT * FROM patient_search_rows WHERE patient_id = NEW.id;
  -- If nobody is signed in, the new account is its own actor. Without a request, a program created the account: then
  -- there is no actor.
  INSERT INTO audit (at, actor_id, action, account_id, request_id)
  SELECT at, iif(request_id IS NULL, actor_id, coalesce(actor_id, NEW.id)),
    iif(NEW.created_by IS NULL, 'register', 'patient'), NEW.id, request_id
  FROM operations WHERE id = NEW.operation_id;
END;

DROP TRIGGER people_updated;

-- As before, with the new members, and with the rules of a merge: each patient of a merge exists and is not erased or
-- merged, and at most one has a login.
CREATE TRIGGER people_updated AFTER UPDATE ON people
BEGIN
  SELECT RAISE(ABORT, 'people-stay')
  WHERE (NEW.id, NEW.account_type) <> (OLD.id, OLD.account_type)
     OR (NEW.created_by, NEW.idempotency_key) IS NOT (OLD.created_by, OLD.idempotency_key)
        AND (NEW.erased_at IS NULL OR NEW.idempotency_key IS NOT NULL);
  SELECT RAISE(ABORT, 'account-erased') WHERE OLD.erased_at IS NOT NULL;
  SELECT RAISE(ABORT, 'patient-merged')
  WHERE OLD.merged_into IS NOT NULL AND NEW.erased_at IS NULL
    AND (NEW.name, NEW.phone, NEW.contact_email, NEW.birth_date, NEW.language, NEW.notes, NEW.active, NEW.merged_into)
      IS NOT (OLD.name, OLD.phone, OLD.contact_email, OLD.birth_date, OLD.language, OLD.notes, OLD.active, OLD.merged_into)
    AND NOT EXISTS (SELECT 1 FROM people WHERE id = OLD.merged_into AND merged_into = NEW.merged_into);
  SELECT RAISE(ABORT, 'not-a-patient')
  WHERE OLD.account_type <> 'Patient' AND (NEW.erased_at IS NOT NULL OR NEW.merged_into IS NOT NULL);
  SELECT RAISE(ABORT, 'not-a-patient')
  WHERE NEW.merged_into IS NOT NULL AND OLD.merged_into IS NULL AND NOT EXISTS (
    SELECT 1 FROM people
    WHERE id = NEW.merged_into AND account_type = 'Patient' AND erased_at IS NULL AND merged_into IS NULL);
  SELECT RAISE(ABORT, 'patients-have-logins')
  WHERE NEW.merged_into IS NOT NULL AND OLD.merged_into IS NULL
    AND EXISTS (SELECT 1 FROM logins WHERE person_id = NEW.id)
    AND EXISTS (SELECT 1 FROM logins WHERE person_id = NEW.merged_into);
  -- At least one active Admin remains, so that somebody can create and activate accounts.
  SELECT RAISE(ABORT, 'last-admin')
  WHERE OLD.account_type = 'Admin' AND OLD.active > NEW.active
    AND NOT EXISTS (SELECT 1 FROM people WHERE account_type = 'Admin' AND active = 1);
  SELECT RAISE(ABORT, 'appointments-ahead')
  WHERE NEW.erased_at IS NOT NULL AND EXISTS (
    SELECT 1 FROM appointments
    WHERE patient_id = NEW.id AND cancelled = 0 AND status = 'Booked'
      AND start_at > NEW.erased_at - 86400 AND start_at + duration * 60 > NEW.erased_at);
  SELECT RAISE(ABORT, 'operation-missing')
  WHERE NEW.operation_id = OLD.operation_id OR NOT EXISTS (SELECT 1 FROM operations WHERE id = NEW.operation_id);

  DELETE FROM sessions WHERE person_id = NEW.id AND NEW.active = 0;
  DELETE FROM patient_search WHERE patient_id = NEW.id AND (NEW.erased_at IS NOT NULL OR NEW.merged_into IS NOT NULL);
  INSERT OR REPLACE INTO patient_search SELECT * FROM patient_search_rows WHERE patient_id = NEW.id;
  INSERT INTO people_changes VALUES (
    NEW.operation_id, NEW.id, CASE
      WHEN NEW.erased_at IS NOT NULL THEN 'erase'
      WHEN NEW.merged_into IS NOT NULL THEN 'merge'
      WHEN NEW.active < OLD.active THEN 'deactivate'
      WHEN NEW.active > OLD.active THEN 'activate'
      ELSE 'profile'
    END, (
      SELECT json_group_object(member, json(change))
      FROM (
        SELECT 'name' AS member, NEW.name <> OLD.name AS is_changed, 'null' AS change
        UNION ALL SELECT 'phone', NEW.phone IS NOT OLD.phone, 'null'
        -- An invited patient has the email of the login from then on: that is no other email.
        UNION ALL SELECT 'email', NEW.contact_email IS NOT OLD.contact_email
          AND NOT EXISTS (SELECT 1 FROM logins WHERE person_id = NEW.id), 'null'
        UNION ALL SELECT 'birth_date', NEW.birth_date IS NOT OLD.birth_date, 'null'
        UNION ALL SELECT 'language', NEW.language IS NOT OLD.language, 'null'
        UNION ALL SELECT 'notes', NEW.notes IS NOT OLD.notes, 'null'
        UNION ALL SELECT 'active', NEW.active <> OLD.active, iif(NEW.active, '[false,true]', '[true,false]')
        UNION ALL SELECT 'merged_into', NEW.merged_into IS NOT OLD.merged_into,
          json_array(OLD.merged_into, NEW.merged_into)
        UNION ALL SELECT 'specialty', NEW.specialty IS NOT OLD.specialty, json_array(OLD.specialty, NEW.specialty)
        UNION ALL SELECT 'details', NEW.details IS NOT OLD.details, json_array(OLD.details, NEW.details))
      WHERE is_changed));
END;

-- Writes the audit entry of a changed person. A change of a patient by somebody else has the action `patient`.
CREATE VIEW people_changes AS
SELECT operation_id, id AS person_id, '' AS action, '{}' AS changes FROM people WHERE FALSE;

CREATE TRIGGER people_changes_inserted INSTEAD OF INSERT ON people_changes
BEGIN
  UPDATE operations SET row_id = NEW.person_id WHERE id = NEW.operation_id AND row_id IS NULL;
  INSERT INTO audit (at, actor_id, action, account_id, request_id, changes)
  SELECT at, actor_id,
    iif(NEW.action = 'profile' AND account_type = 'Patient' AND actor_id IS NOT people.id, 'patient', NEW.action),
    people.id, request_id, nullif(NEW.changes, '{}')
  FROM operations, people
  WHERE operations.id = NEW.operation_id AND people.id = NEW.person_id AND (NEW.changes <> '{}' OR NEW.action = 'erase');
END;

DROP TRIGGER logins_inserted;

-- As before, with the email in the search.
CREATE TRIGGER logins_inserted BEFORE INSERT ON logins
BEGIN
  SELECT RAISE(ABORT, 'email-taken') WHERE EXISTS (SELECT 1 FROM logins WHERE email_key = NEW.email_key);
  SELECT RAISE(ABORT, 'logins-stay') WHERE EXISTS (SELECT 1 FROM logins WHERE person_id = NEW.person_id);
  SELECT RAISE(ABORT, 'operation-missing') WHERE NOT EXISTS (SELECT 1 FROM operations WHERE id = NEW.operation_id);

  UPDATE patient_search SET login = NEW.search_key WHERE patient_id = NEW.person_id;
  INSERT INTO audit (at, actor_id, action, account_id, request_id)
  SELECT at, actor_id, 'invite', NEW.person_id, request_id FROM operations
  WHERE id = NEW.operation_id AND NEW.password_hash = '$argon2id$none';
END;

DROP TRIGGER logins_updated;

-- As before. A change of a login without a password, such as another email, invites its person again. The login of a
-- merged patient moves to the patient that stays.
CREATE TRIGGER logins_updated BEFORE UPDATE ON logins
BEGIN
  SELECT RAISE(ABORT, 'logins-stay')
  WHERE NEW.person_id <> OLD.person_id
    AND NOT EXISTS (SELECT 1 FROM people WHERE id = OLD.person_id AND merged_into = NEW.person_id);
  SELECT RAISE(ABORT, 'email-taken')
  WHERE EXISTS (SELECT 1 FROM logins WHERE email_key = NEW.email_key AND person_id <> OLD.person_id);
  SELECT RAISE(ABORT, 'operation-missing')
  WHERE NEW.operation_id = OLD.operation_id OR NOT EXISTS (SELECT 1 FROM operations WHERE id = NEW.operation_id);

  UPDATE patient_search SET login = NEW.search_key WHERE patient_id = NEW.person_id;
  UPDATE operations SET row_id = NEW.person_id WHERE id = NEW.operation_id AND row_id IS NULL;
  INSERT INTO audit (at, actor_id, action, account_id, request_id, changes)
  SELECT at, actor_id, action, NEW.person_id, request_id, changes FROM operations, (
    SELECT 'password' AS action, NULL AS changes WHERE NEW.password_hash <> OLD.password_hash
    UNION ALL SELECT 'profile', '{"email":null}' WHERE NEW.email <> OLD.email
    UNION ALL SELECT 'invite', NULL
    WHERE NEW.password_hash = '$argon2id$none' AND NEW.person_id = OLD.person_id AND NEW.password_hash = OLD.password_hash)
  WHERE id = NEW.operation_id
    AND NOT EXISTS (SELECT 1 FROM sessions WHERE id = NEW.operation_id)
    AND NOT EXISTS (SELECT 1 FROM people WHERE id = NEW.person_id AND erased_at IS NOT NULL);

  UPDATE links SET used_at = (SELECT at FROM operations WHERE id = NEW.operation_id)
  WHERE (NEW.email, NEW.password_hash, NEW.person_id) <> (OLD.email, OLD.password_hash, OLD.person_id) AND used_at IS NULL
    AND message_id IN (SELECT id FROM credential_messages WHERE reader_id = OLD.person_id)
    AND NOT EXISTS (SELECT 1 FROM sessions WHERE id = NEW.operation_id);
  UPDATE messages SET state = 'Dropped', address = NULL, claim = NULL, claimed_until = NULL
  WHERE (NEW.email, NEW.password_hash, NEW.person_id) <> (OLD.email, OLD.password_hash, OLD.person_id)
    AND state IN ('Queued', 'Failed', 'Call')
    AND id IN (SELECT id FROM credential_messages WHERE reader_id = OLD.person_id)
    AND NOT EXISTS (SELECT 1 FROM sessions WHERE id = NEW.operation_id);
END;

-- A guardian is a Patient with a login, and the patient is neither erased nor merged.
CREATE TRIGGER guardians_inserted AFTER INSERT ON guardians
BEGIN
  INSERT INTO guardian_changes VALUES (
    NEW.operation_id, NEW.patient_id, NEW.account_id, NEW.active, json_array(NULL, NEW.account_id), NEW.active);
END;

CREATE TRIGGER guardians_updated AFTER UPDATE ON guardians
BEGIN
  SELECT RAISE(ABORT, 'guardians-stay')
  WHERE (NEW.patient_id, NEW.account_id) <> (OLD.patient_id, OLD.account_id) OR NEW.operation_id = OLD.operation_id;
  INSERT INTO guardian_changes VALUES (
    NEW.operation_id, NEW.patient_id, NEW.account_id, NEW.active,
    json_array(iif(OLD.active, NEW.account_id, NULL), iif(NEW.active, NEW.account_id, NULL)), NEW.active <> OLD.active);
END;

-- INSERT OR REPLACE could delete a row without its audit entry.
CREATE TRIGGER guardians_deleted BEFORE DELETE ON guardians
BEGIN
  SELECT RAISE(ABORT, 'guardians-stay');
END;

-- Checks a guardian who is set, and writes the audit entry of a changed guardian.
CREATE VIEW guardian_changes AS
SELECT operation_id, patient_id, account_id, active, '[]' AS guardian, 0 AS is_changed FROM guardians WHERE FALSE;

CREATE TRIGGER guardian_changes_inserted INSTEAD OF INSERT ON guardian_changes
BEGIN
  SELECT RAISE(ABORT, 'not-a-patient')
  WHERE NEW.active = 1 AND (
    NOT EXISTS (
      SELECT 1 FROM people
      WHERE id = NEW.patient_id AND account_type = 'Patient' AND erased_at IS NULL AND merged_into IS NULL)
    OR NOT EXISTS (
      SELECT 1 FROM people JOIN logins ON person_id = id
      WHERE id = NEW.account_id AND account_type = 'Patient' AND erased_at IS NULL AND merged_into IS NULL));
  SELECT RAISE(ABORT, 'operation-missing') WHERE NOT EXISTS (SELECT 1 FROM operations WHERE id = NEW.operation_id);
  UPDATE operations SET row_id = NEW.patient_id WHERE id = NEW.operation_id AND row_id IS NULL;
  INSERT INTO audit (at, actor_id, action, account_id, request_id, changes)
  SELECT at, actor_id, 'guardian', NEW.patient_id, request_id, json_object('guardian', json(NEW.guardian))
  FROM operations WHERE id = NEW.operation_id AND NEW.is_changed;
END;
