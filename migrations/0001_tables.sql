-- The tables of a clinic. The rules between rows are triggers in 0002_rules.
--
-- Timestamps are seconds since 1970-01-01T00:00:00Z and durations are minutes. Wall-clock times are minutes since
-- midnight. Weekdays are 1 (Monday) to 7 (Sunday). The ids of operations and sessions are UUIDs of version 7
-- (RFC 9562), as 16 bytes. Appointments and time off start and end on whole minutes. A source is the network address
-- that a request comes from.
--
-- Account types, statuses and actions are rows of small tables, and the other tables refer to them. A new value is
-- a new row. With a CHECK instead, SQLite would have to rebuild the table for each new value.

-- Operations

-- Each change is one transaction. Its first step inserts an operation: who makes the change, when, and in which
-- request. The changed rows have its id as operation_id: the operation that changed them last. An id can be used
-- only once, so a request that is delivered twice or too late fails. A program that loses the response looks up
-- the id. If the id is missing, the program inserts it: the change can then no longer happen.
CREATE TABLE operations (
  id         BLOB    NOT NULL PRIMARY KEY CHECK (length(id) = 16),
  -- By the clock of the program that makes the change.
  at         INTEGER NOT NULL,
  -- The account that makes the change. NULL: nobody is signed in, or another program makes the change.
  actor_id   INTEGER,
  request_id TEXT,
  -- The first row that the operation changed. If it is still NULL after the commit, the operation changed nothing
  -- and never will.
  row_id     INTEGER
) WITHOUT ROWID, STRICT;

-- Operations are deleted after two days. All ids up to the newest deleted one are rejected, so that a change cannot
-- happen again after its operation was deleted. One row.
CREATE TABLE pruned_operations (
  id        INTEGER PRIMARY KEY CHECK (id = 1),
  -- The newest deleted id, or the newest id that is old enough to be deleted.
  up_to     BLOB    NOT NULL,
  -- When operations were last deleted, by the database's clock.
  pruned_at INTEGER NOT NULL
) STRICT;

INSERT INTO pruned_operations VALUES (1, zeroblob(16), 0);

-- The clinic

-- The clinic and its policy: one row. No program caches the policy: each statement reads it again, so that a changed
-- number applies from the next booking on, in every instance.
CREATE TABLE clinic (
  id                       INTEGER PRIMARY KEY CHECK (id = 1),
  -- Random, created with the database. Tokens contain it, so that a token of one clinic is invalid at any other.
  public_id                TEXT    NOT NULL CHECK (length(public_id) = 32),
  name                     TEXT    NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
  -- An IANA name. It decides when a calendar day starts and ends.
  time_zone                TEXT    NOT NULL,
  -- Counts the changes of time_zone. Programs cache the time zone. A query that depends on it sends the version
  -- that the program has, and is rejected if that is outdated.
  calendar_version         INTEGER NOT NULL,
  min_duration             INTEGER NOT NULL CHECK (min_duration >= 1),
  -- At most a day: the rules rely on it when they search for appointments that can overlap a time.
  max_duration             INTEGER NOT NULL CHECK (max_duration BETWEEN min_duration AND 1440),
  max_appointments_per_day INTEGER NOT NULL CHECK (max_appointments_per_day BETWEEN 0 AND 1440),
  max_booked_mins_per_day  INTEGER NOT NULL CHECK (max_booked_mins_per_day BETWEEN 0 AND 1440),
  -- At most ten years, so that every date stays within the range of dates.
  booking_horizon_days     INTEGER NOT NULL CHECK (booking_horizon_days BETWEEN 1 AND 3660),
  slot_step                INTEGER NOT NULL CHECK (slot_step BETWEEN 1 AND 1440),
  -- Minutes before the start until which a Patient can cancel. NULL: Patients cannot cancel.
  patient_cancel_notice    INTEGER CHECK (patient_cancel_notice BETWEEN 0 AND 525600),
  -- How many open bookings a Patient can have. NULL: any number.
  max_open_bookings        INTEGER CHECK (max_open_bookings BETWEEN 1 AND 10000),
  operation_id             BLOB    NOT NULL
) STRICT;

INSERT INTO clinic VALUES (
  1, lower(hex(randomblob(16))), 'Rounds Clinic', 'UTC', 1, 15, 120, 12, 480, 365, 15, NULL, 10, zeroblob(16));

-- The clinic's calendar days, because SQLite has no time zones. If a booking needs a day that is missing (rule
-- `day-unknown`), the program inserts it. All days are deleted when the clinic's time zone changes.
CREATE TABLE days (
  start_at             INTEGER PRIMARY KEY,
  end_at               INTEGER NOT NULL CHECK (end_at - start_at BETWEEN 20 * 3600 AND 28 * 3600),
  weekday              INTEGER NOT NULL CHECK (weekday BETWEEN 1 AND 7),
  -- The clock change of the day, if there is one: wall-clock times from clock_change_minute on are
  -- clock_change_seconds later (earlier, if negative) than on a day without a clock change.
  clock_change_minute  INTEGER NOT NULL,
  clock_change_seconds INTEGER NOT NULL CHECK (abs(clock_change_seconds) <= 4 * 3600),
  -- The release of the IANA time zone database that the days were computed with, like 2026a. A program with an
  -- older release adds no days.
  time_zone_data       TEXT    NOT NULL
) STRICT;

-- People and sign-in

-- The values of people.account_type.
CREATE TABLE account_types (name TEXT NOT NULL PRIMARY KEY) WITHOUT ROWID, STRICT;

INSERT INTO account_types VALUES ('Patient'), ('Doctor'), ('Admin');

-- Patients, Doctors and Admins. They share one sequence of ids. People who can sign in also have a row in logins.
CREATE TABLE people (
  id            INTEGER PRIMARY KEY,
  account_type  TEXT    NOT NULL REFERENCES account_types,
  name          TEXT    NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
  -- The name to search in: without case and accents. Programs compute it, because SQLite's lower() supports ASCII
  -- only.
  name_key      TEXT    NOT NULL,
  active        INTEGER NOT NULL DEFAULT 1 CHECK (active IN (0, 1)),
  specialty     TEXT    CHECK (length(specialty) <= 100),
  specialty_key TEXT,
  details       TEXT    CHECK (length(details) <= 5000),
  created_at    INTEGER NOT NULL,
  -- When the personal data of the Patient was erased.
  erased_at     INTEGER,
  operation_id  BLOB    NOT NULL,
  CHECK (account_type = 'Doctor' OR (specialty IS NULL AND details IS NULL)),
  CHECK ((specialty IS NULL) = (specialty_key IS NULL))
) STRICT;

-- For the lists of Doctors and of Admins, which are few among many Patients. An index ends with the rowid, so it
-- returns them in order of id.
CREATE INDEX people_by_type ON people (account_type);

-- The email and the password hash of a person who can sign in. A table of its own, so that a sign-in does not change
-- the row of the person.
CREATE TABLE logins (
  person_id     INTEGER PRIMARY KEY REFERENCES people,
  -- As the person wrote it.
  email         TEXT    NOT NULL,
  -- The email in the form in which emails are compared. Programs compute it.
  email_key     TEXT    NOT NULL UNIQUE,
  -- The email to search in: without case and accents.
  search_key    TEXT    NOT NULL,
  -- A PHC string. The CHECK detects a program that stores a password in place of its hash.
  password_hash TEXT    NOT NULL CHECK (password_hash GLOB '$argon2id$*'),
  signed_in_at  INTEGER,
  operation_id  BLOB    NOT NULL
) STRICT;

-- A token contains the id of its session, and is valid only while the session exists. The id is that of the operation
-- that signed in.
CREATE TABLE sessions (
  id                BLOB    NOT NULL PRIMARY KEY CHECK (length(id) = 16),
  person_id         INTEGER NOT NULL REFERENCES people,
  created_at        INTEGER NOT NULL,
  -- How many passwords were set during the session. A token contains the generation in which it was issued. Tokens of
  -- an older generation are revoked, except retained_token_id: the token that set the newest password.
  generation        INTEGER NOT NULL DEFAULT 0,
  retained_token_id INTEGER
) WITHOUT ROWID, STRICT;

-- Sessions are revoked by person. Expired ones are deleted by person and time.
CREATE INDEX sessions_of_person ON sessions (person_id, created_at);

-- The sessions of active accounts. Every statement of a request with a token checks the token against it.
CREATE VIEW signed_in AS
SELECT sessions.id AS session, people.id AS account_id, account_type, public_id AS clinic, generation,
  retained_token_id
FROM sessions JOIN people ON people.id = person_id, clinic
WHERE active = 1;

-- Sign-in attempts that failed or are still running. An attempt is counted before its password is compared, so that
-- the limits hold for concurrent attempts too. The email is stored as a hash only: people sometimes type their
-- password in its place.
CREATE TABLE sign_in_attempts (
  id         BLOB    NOT NULL PRIMARY KEY CHECK (length(id) = 16),
  email_hash TEXT    NOT NULL,
  source     TEXT    NOT NULL,
  at         INTEGER NOT NULL
) WITHOUT ROWID, STRICT;

-- The limits count attempts by email and by source. Old attempts are deleted by time.
CREATE INDEX sign_in_attempts_by_email ON sign_in_attempts (email_hash, source, at);
CREATE INDEX sign_in_attempts_by_source ON sign_in_attempts (source, at);
CREATE INDEX sign_in_attempts_by_time ON sign_in_attempts (at);

-- Sources that an account has signed in from before. From there, the owner can still sign in while an attacker at
-- another source uses up the limits of the account.
CREATE TABLE sign_in_sources (
  account_id INTEGER NOT NULL REFERENCES people,
  source     TEXT    NOT NULL,
  -- The last sign-in of the account from this source.
  at         INTEGER NOT NULL,
  PRIMARY KEY (account_id, source)
) WITHOUT ROWID, STRICT;

-- Old sources are deleted by time.
CREATE INDEX sign_in_sources_by_time ON sign_in_sources (at);

-- The last hour's registrations that Admins did not make, to limit them for each source. Registrations that failed
-- because the email is taken count too: otherwise a client could test any number of emails.
CREATE TABLE registrations (
  id     BLOB    NOT NULL PRIMARY KEY CHECK (length(id) = 16),
  source TEXT    NOT NULL,
  at     INTEGER NOT NULL
) WITHOUT ROWID, STRICT;

-- The limit counts registrations by source. Old registrations are deleted by time.
CREATE INDEX registrations_by_source ON registrations (source, at);
CREATE INDEX registrations_by_time ON registrations (at);

-- Working hours and time off

-- The working hours of doctors, on the clinic's wall clock. A weekday can have several time ranges. They must not
-- overlap or touch.
CREATE TABLE working_hours (
  doctor_id    INTEGER NOT NULL REFERENCES people,
  weekday      INTEGER NOT NULL CHECK (weekday BETWEEN 1 AND 7),
  start_minute INTEGER NOT NULL CHECK (start_minute BETWEEN 0 AND 1439),
  end_minute   INTEGER NOT NULL CHECK (end_minute BETWEEN start_minute + 1 AND 1440),
  PRIMARY KEY (doctor_id, weekday, start_minute)
) WITHOUT ROWID, STRICT;

-- Times when a doctor does not work. Deleted time off keeps its row, so that its id is not used again, and the request
-- that added it can still read it after a lost response.
CREATE TABLE time_off (
  id           INTEGER PRIMARY KEY,
  doctor_id    INTEGER NOT NULL REFERENCES people,
  start_at     INTEGER NOT NULL CHECK (start_at % 60 = 0),
  end_at       INTEGER NOT NULL CHECK (end_at % 60 = 0 AND end_at > start_at),
  reason       TEXT    CHECK (length(reason) <= 500),
  -- When the time off was deleted.
  deleted_at   INTEGER,
  operation_id BLOB    NOT NULL
) STRICT;

-- For the rules and the lists, which search for time off that ends after a time.
CREATE INDEX time_off_of_doctor ON time_off (doctor_id, end_at, start_at);

-- Appointments

-- The values of appointments.status.
CREATE TABLE statuses (name TEXT NOT NULL PRIMARY KEY) WITHOUT ROWID, STRICT;

INSERT INTO statuses VALUES ('Booked'), ('Cancelled'), ('Done'), ('NoShow');

-- An appointment is never deleted: the history and the audit log refer to it. A cancelled one stays as well.
CREATE TABLE appointments (
  id                 INTEGER PRIMARY KEY,
  doctor_id          INTEGER NOT NULL REFERENCES people,
  patient_id         INTEGER NOT NULL REFERENCES people,
  -- The account that booked. Not a foreign key: that needs an index that begins with this column, or each insert into
  -- people scans this table.
  booked_by          INTEGER NOT NULL,
  start_at           INTEGER NOT NULL CHECK (start_at % 60 = 0),
  duration           INTEGER NOT NULL CHECK (duration BETWEEN 1 AND 1440),
  -- The time that the doctor is busy: the appointment, and a buffer of up to four hours before it and after it.
  -- Programs write no buffers at present.
  busy_from          INTEGER NOT NULL CHECK (busy_from BETWEEN start_at - 240 * 60 AND start_at),
  busy_until         INTEGER NOT NULL CHECK (busy_until - start_at - duration * 60 BETWEEN 0 AND 240 * 60),
  status             TEXT    NOT NULL DEFAULT 'Booked' REFERENCES statuses,
  -- Cancelled appointments do not occupy time. The column is near the front of the indexes, so that the rules skip
  -- all cancelled appointments at once.
  cancelled          INTEGER NOT NULL GENERATED ALWAYS AS (status = 'Cancelled') VIRTUAL,
  reason             TEXT    CHECK (reason IS NULL OR (status = 'Cancelled' AND length(reason) <= 500)),
  -- Counts the changes of the row, from 1.
  version            INTEGER NOT NULL DEFAULT 1,
  -- Counts how often the appointment was rescheduled. A new count makes the trigger check the rules again, even if
  -- the new time is the old one.
  reschedules        INTEGER NOT NULL DEFAULT 0,
  operation_id       BLOB    NOT NULL,
  -- The client's idempotency key, and the time that was requested with it. A retry with the key finds the first
  -- booking by it, even if that was rescheduled or cancelled since.
  idempotency_key    TEXT    CHECK (length(idempotency_key) BETWEEN 1 AND 255),
  requested_start_at INTEGER,
  requested_duration INTEGER,
  CHECK ((idempotency_key IS NULL) = (requested_start_at IS NULL)
    AND (requested_start_at IS NULL) = (requested_duration IS NULL))
) STRICT;

-- The appointments of a doctor and of a patient, for the rules, the availability and the lists.
CREATE INDEX appointments_of_doctor
ON appointments (doctor_id, cancelled, start_at, id, duration, busy_from, busy_until);
CREATE INDEX appointments_of_patient ON appointments (patient_id, cancelled, start_at, id, duration, doctor_id);
-- All appointments of the clinic, for the list and the reports.
CREATE INDEX appointments_of_clinic ON appointments (start_at, id, status, doctor_id, duration);
-- Finds the booking of an idempotency key. A trigger keeps the key unique for each account, not a unique index:
-- there, INSERT OR REPLACE would delete the row with the same key.
CREATE INDEX appointments_by_key ON appointments (booked_by, idempotency_key) WHERE idempotency_key IS NOT NULL;

-- Views that build the JSON documents that programs read

CREATE VIEW clinic_documents AS
SELECT json_object(
  'public_id', public_id, 'name', name, 'time_zone', time_zone, 'calendar_version', calendar_version,
  'min_duration', min_duration, 'max_duration', max_duration,
  'max_appointments_per_day', max_appointments_per_day, 'max_booked_mins_per_day', max_booked_mins_per_day,
  'booking_horizon_days', booking_horizon_days, 'slot_step', slot_step,
  'patient_cancel_notice', patient_cancel_notice, 'max_open_bookings', max_open_bookings) AS document
FROM clinic;

CREATE VIEW appointment_documents AS
SELECT *, json_object(
  'id', id, 'doctor_id', doctor_id, 'patient_id', patient_id, 'start_at', start_at, 'duration', duration,
  'status', status, 'reason', reason, 'version', version) AS document
FROM appointments;

CREATE VIEW account_documents AS
SELECT *, json_object(
  'id', id, 'name', name, 'email', email, 'account_type', account_type,
  'active', json(iif(active, 'true', 'false'))) AS document
FROM people JOIN logins ON person_id = id;

-- The public profile of a doctor: `listed` in a list, `document` on its own.
CREATE VIEW profile_documents AS
SELECT *, json_object('id', id, 'name', name, 'specialty', specialty) AS listed,
  json_object('id', id, 'name', name, 'specialty', specialty, 'details', details) AS document
FROM people;

-- The working hours of each doctor, as an array in order.
CREATE VIEW weeks AS
SELECT id AS doctor_id, (
  SELECT json_group_array(json_object('weekday', weekday, 'start_minute', start_minute, 'end_minute', end_minute))
  FROM (SELECT * FROM working_hours WHERE doctor_id = people.id ORDER BY weekday, start_minute)) AS hours
FROM people WHERE account_type = 'Doctor';

-- The audit log

-- The values of audit.action.
CREATE TABLE actions (name TEXT NOT NULL PRIMARY KEY) WITHOUT ROWID, STRICT;

INSERT INTO actions VALUES
  ('register'), ('login'), ('login_failed'), ('book'), ('reschedule'), ('cancel'), ('done'), ('no_show'),
  ('deactivate'), ('activate'), ('password'), ('policy'), ('working_hours'), ('time_off'), ('time_off_end'),
  ('profile'), ('erase');

-- Who did what, to which appointment or account, when, and in which request. It refers to people only by their ids.
-- SQLite commits one transaction at a time, so the ids are in the order of the commits.
CREATE TABLE audit (
  id             INTEGER PRIMARY KEY,
  -- By the clock of the program that made the change.
  at             INTEGER NOT NULL,
  -- NULL: nobody was signed in, or another program made the change.
  actor_id       INTEGER,
  action         TEXT    NOT NULL REFERENCES actions,
  appointment_id INTEGER,
  account_id     INTEGER,
  request_id     TEXT,
  -- The network address that a failed sign-in came from. Removed when the account is erased.
  source         TEXT,
  -- JSON: {member: [before, after]}. For members with personal data, {member: null}.
  changes        TEXT
) STRICT;

-- Every index ends with the rowid, which is the id. So each of these indexes returns entries in order of id.
CREATE INDEX audit_of_actor ON audit (actor_id);
CREATE INDEX audit_of_account ON audit (account_id) WHERE account_id IS NOT NULL;
CREATE INDEX audit_of_appointment ON audit (appointment_id) WHERE appointment_id IS NOT NULL;
-- Bookings are left out, because they are so many: the newest entries contain a full page of them.
CREATE INDEX audit_of_action ON audit (action) WHERE action <> 'book';
-- Only every 256th entry: a search by time uses it to start near the right id. An index of all entries would cost
-- each booking one more page to write.
CREATE INDEX audit_by_time ON audit (at) WHERE id % 256 = 0;

CREATE VIEW audit_documents AS
SELECT *, json_object(
  'id', id, 'at', at, 'actor_id', actor_id, 'actor_name', (SELECT name FROM people WHERE people.id = actor_id),
  'action', action, 'appointment_id', appointment_id, 'account_id', account_id, 'request_id', request_id,
  'source', source, 'changes', json(changes)) AS document
FROM audit;
