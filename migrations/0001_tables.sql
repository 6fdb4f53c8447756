-- The tables of a clinic. The rules over them follow in 0002_rules.
--
-- Instants are seconds since 1970-01-01T00:00:00Z, durations minutes, wall-clock times minutes since
-- midnight, weekdays 1 (Monday) to 7 (Sunday). Operation and session ids are UUIDs of version 7 (RFC 9562).
--
-- The values of a type, a status or an action stand in tables of their own: a new value is a new row, and no
-- table has to be rebuilt for it.

-- Operations

-- Each change is one transaction, and starts with its operation: who changes something, when, and in which
-- request. The rows that it changes name it. An id is used once: a request that arrives twice, or late, fails.
-- A program that lost the answer looks the id up; where it is missing, the program inserts it itself, and so
-- keeps the change from being made later.
CREATE TABLE operations (
  id         BLOB    NOT NULL PRIMARY KEY CHECK (length(id) = 16),
  -- The writer's clock.
  at         INTEGER NOT NULL,
  -- The account that is signed in. NULL: nobody is, or another program than ours.
  actor_id   INTEGER,
  request_id TEXT,
  -- The first row that was changed. NULL: nothing was changed, and nothing will be.
  row_id     INTEGER
) WITHOUT ROWID, STRICT;

-- Operations are kept for two days. An id that is older is refused, so that what was forgotten cannot be
-- made again.
CREATE TABLE pruned_operations (
  id        INTEGER PRIMARY KEY CHECK (id = 1),
  -- The newest id that was, or could have been, forgotten.
  up_to     BLOB    NOT NULL,
  -- The database's clock.
  pruned_at INTEGER NOT NULL
) STRICT;

INSERT INTO pruned_operations VALUES (1, zeroblob(16), 0);

-- The clinic

-- Its policy: one row. Statements read it in place, so that a changed number holds for the next booking, on
-- every instance.
CREATE TABLE clinic (
  id                       INTEGER PRIMARY KEY CHECK (id = 1),
  -- Random, made with the database. A token names it, so that the token of one clinic opens no other.
  public_id                TEXT    NOT NULL CHECK (length(public_id) = 32),
  name                     TEXT    NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
  -- An IANA name. It decides what a day is.
  time_zone                TEXT    NOT NULL,
  -- Counts the changes of time_zone. A program keeps the zone in memory; a query that depends on it states
  -- the version it was read with.
  calendar_version         INTEGER NOT NULL,
  min_duration             INTEGER NOT NULL CHECK (min_duration >= 1),
  -- A day bounds every duration, and so what one appointment can touch.
  max_duration             INTEGER NOT NULL CHECK (max_duration BETWEEN min_duration AND 1440),
  max_appointments_per_day INTEGER NOT NULL CHECK (max_appointments_per_day BETWEEN 0 AND 1440),
  max_booked_mins_per_day  INTEGER NOT NULL CHECK (max_booked_mins_per_day BETWEEN 0 AND 1440),
  -- Ten years, so that no sum of dates leaves the calendar.
  booking_horizon_days     INTEGER NOT NULL CHECK (booking_horizon_days BETWEEN 1 AND 3660),
  slot_step                INTEGER NOT NULL CHECK (slot_step BETWEEN 1 AND 1440),
  -- Minutes before the start. NULL: Patients cannot cancel.
  patient_cancel_notice    INTEGER CHECK (patient_cancel_notice BETWEEN 0 AND 525600),
  -- Appointments ahead of a Patient who books. NULL: any number.
  max_open_bookings        INTEGER CHECK (max_open_bookings BETWEEN 1 AND 10000),
  operation_id             BLOB    NOT NULL
) STRICT;

INSERT INTO clinic VALUES (
  1, lower(hex(randomblob(16))), 'Rounds Clinic', 'UTC', 1, 15, 120, 12, 480, 365, 15, NULL, 10, zeroblob(16));

-- The clinic's calendar days, since SQLite knows no time zones. A program inserts those that a booking needs
-- (the rule `day-unknown`); they go when the zone changes.
CREATE TABLE days (
  start_at       INTEGER PRIMARY KEY,
  end_at         INTEGER NOT NULL CHECK (end_at - start_at BETWEEN 20 * 3600 AND 28 * 3600),
  weekday        INTEGER NOT NULL CHECK (weekday BETWEEN 1 AND 7),
  -- Where clocks change on that day: wall-clock minutes from clock_change_minute on come clock_change_seconds seconds later (earlier,
  -- if negative) than they otherwise would.
  clock_change_minute     INTEGER NOT NULL,
  clock_change_seconds          INTEGER NOT NULL CHECK (abs(clock_change_seconds) <= 4 * 3600),
  -- The release of the IANA time zone database that the program had, like 2026a. A program with an older one
  -- adds no days beside these.
  time_zone_data TEXT    NOT NULL
) STRICT;

-- People, and how they sign in

CREATE TABLE account_types (name TEXT NOT NULL PRIMARY KEY) WITHOUT ROWID, STRICT;

INSERT INTO account_types VALUES ('Patient'), ('Doctor'), ('Admin');

-- Patients and staff, one space of ids. Whoever signs in has a row in logins too.
CREATE TABLE people (
  id            INTEGER PRIMARY KEY,
  account_type  TEXT    NOT NULL REFERENCES account_types,
  name          TEXT    NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
  -- Without case and accents, to search in. Programs make such keys: SQLite's lower() knows ASCII only.
  name_key      TEXT    NOT NULL,
  active        INTEGER NOT NULL DEFAULT 1 CHECK (active IN (0, 1)),
  specialty     TEXT    CHECK (length(specialty) <= 100),
  specialty_key TEXT,
  details       TEXT    CHECK (length(details) <= 5000),
  created_at    INTEGER NOT NULL,
  -- When the personal data of a Patient was erased.
  erased_at     INTEGER,
  operation_id  BLOB    NOT NULL,
  CHECK (account_type = 'Doctor' OR (specialty IS NULL AND details IS NULL)),
  CHECK ((specialty IS NULL) = (specialty_key IS NULL))
) STRICT;

-- Doctors and Admins are listed by id, among many more patients.
CREATE INDEX people_by_type ON people (account_type);

CREATE TABLE logins (
  person_id     INTEGER PRIMARY KEY REFERENCES people,
  -- As it was written, for people to read.
  email         TEXT    NOT NULL,
  -- In the form in which emails are compared. The program makes it.
  email_key     TEXT    NOT NULL UNIQUE,
  -- Without case and accents, to search in.
  search_key    TEXT    NOT NULL,
  -- A PHC string. The check finds a program that mistakes the password for its hash.
  password_hash TEXT    NOT NULL CHECK (password_hash GLOB '$argon2id$*'),
  signed_in_at  INTEGER,
  operation_id  BLOB    NOT NULL
) STRICT;

-- A token names its session, and is good while that is here. The id is that of the operation that signed in.
CREATE TABLE sessions (
  id          BLOB    NOT NULL PRIMARY KEY CHECK (length(id) = 16),
  person_id   INTEGER NOT NULL REFERENCES people,
  created_at  INTEGER NOT NULL,
  -- Counts the passwords that were set during it. Tokens say which one they were issued under, and are good as
  -- long as there is no newer one; the token that set it stays good.
  generation  INTEGER NOT NULL DEFAULT 0,
  retained_token_id  INTEGER
) WITHOUT ROWID, STRICT;

CREATE INDEX sessions_of_person ON sessions (person_id, created_at);

-- Who is signed in: every statement behind a token looks here.
CREATE VIEW signed_in AS
SELECT sessions.id AS session, people.id AS account_id, account_type, public_id AS clinic, generation, retained_token_id
FROM sessions JOIN people ON people.id = person_id, clinic
WHERE active = 1;

-- Attempts at signing in that failed, or are not decided yet. An attempt is counted before its password is
-- compared, so that no more are compared than the limits allow, however many come at once. What was typed as an
-- email may be anything, a password too: only its hash is here.
CREATE TABLE sign_in_attempts (
  id         BLOB    NOT NULL PRIMARY KEY CHECK (length(id) = 16),
  email_hash TEXT    NOT NULL,
  source     TEXT    NOT NULL,
  at         INTEGER NOT NULL
) WITHOUT ROWID, STRICT;

CREATE INDEX sign_in_attempts_by_email ON sign_in_attempts (email_hash, source, at);
CREATE INDEX sign_in_attempts_by_source ON sign_in_attempts (source, at);
CREATE INDEX sign_in_attempts_by_time ON sign_in_attempts (at);

-- Where an account has signed in from before: guesses from elsewhere do not lock its owner out there.
CREATE TABLE sign_in_sources (
  account_id INTEGER NOT NULL REFERENCES people,
  source     TEXT    NOT NULL,
  at         INTEGER NOT NULL,
  PRIMARY KEY (account_id, source)
) WITHOUT ROWID, STRICT;

CREATE INDEX sign_in_sources_by_time ON sign_in_sources (at);

-- Registrations of the last hour by anyone but Admins, those that were refused since the email is taken
-- included, or else somebody could ask for one email after the other.
CREATE TABLE registrations (
  id     BLOB    NOT NULL PRIMARY KEY CHECK (length(id) = 16),
  source TEXT    NOT NULL,
  at     INTEGER NOT NULL
) WITHOUT ROWID, STRICT;

CREATE INDEX registrations_by_source ON registrations (source, at);
CREATE INDEX registrations_by_time ON registrations (at);

-- When doctors work

-- On the clinic's wall clock, any number of stretches a weekday, which neither overlap nor touch.
CREATE TABLE working_hours (
  doctor_id    INTEGER NOT NULL REFERENCES people,
  weekday      INTEGER NOT NULL CHECK (weekday BETWEEN 1 AND 7),
  start_minute INTEGER NOT NULL CHECK (start_minute BETWEEN 0 AND 1439),
  end_minute   INTEGER NOT NULL CHECK (end_minute BETWEEN start_minute + 1 AND 1440),
  PRIMARY KEY (doctor_id, weekday, start_minute)
) WITHOUT ROWID, STRICT;

-- When a doctor is away. What was taken back stays, for the audit trail to name.
CREATE TABLE time_off (
  id           INTEGER PRIMARY KEY,
  doctor_id    INTEGER NOT NULL REFERENCES people,
  start_at     INTEGER NOT NULL CHECK (start_at % 60 = 0),
  end_at       INTEGER NOT NULL CHECK (end_at % 60 = 0 AND end_at > start_at),
  reason       TEXT    CHECK (length(reason) <= 500),
  -- When it was taken back.
  deleted_at     INTEGER,
  operation_id BLOB    NOT NULL
) STRICT;

CREATE INDEX time_off_of_doctor ON time_off (doctor_id, end_at, start_at);

-- Appointments

CREATE TABLE statuses (name TEXT NOT NULL PRIMARY KEY) WITHOUT ROWID, STRICT;

INSERT INTO statuses VALUES ('Booked'), ('Cancelled'), ('Done'), ('NoShow');

CREATE TABLE appointments (
  id              INTEGER PRIMARY KEY,
  doctor_id       INTEGER NOT NULL REFERENCES people,
  patient_id      INTEGER NOT NULL REFERENCES people,
  -- No foreign key, since no index leads with it: each new person would read this table from end to end.
  booked_by       INTEGER NOT NULL,
  start_at        INTEGER NOT NULL CHECK (start_at % 60 = 0),
  duration        INTEGER NOT NULL CHECK (duration BETWEEN 1 AND 1440),
  -- The doctor's time, which can begin before the start and last beyond the end.
  busy_from       INTEGER NOT NULL CHECK (busy_from BETWEEN start_at - 240 * 60 AND start_at),
  busy_until      INTEGER NOT NULL CHECK (busy_until - start_at - duration * 60 BETWEEN 0 AND 240 * 60),
  status          TEXT    NOT NULL DEFAULT 'Booked' REFERENCES statuses,
  -- Cancelled appointments take no time. It leads the indexes, so that rules skip them all at once.
  cancelled       INTEGER NOT NULL GENERATED ALWAYS AS (status = 'Cancelled') VIRTUAL,
  reason          TEXT    CHECK (reason IS NULL OR (status = 'Cancelled' AND length(reason) <= 500)),
  -- Counts the changes of the row.
  version         INTEGER NOT NULL DEFAULT 1,
  -- Counts how often it was moved, also to the time that it had: each move is held to the rules.
  reschedules          INTEGER NOT NULL DEFAULT 0,
  operation_id    BLOB    NOT NULL,
  -- The client's name for the booking, and what it asked for then: a retry finds the first success by it,
  -- whatever has become of the appointment since.
  idempotency_key TEXT    CHECK (length(idempotency_key) BETWEEN 1 AND 255),
  requested_start_at  INTEGER,
  requested_duration  INTEGER,
  CHECK ((idempotency_key IS NULL) = (requested_start_at IS NULL) AND (requested_start_at IS NULL) = (requested_duration IS NULL))
) STRICT;

-- A doctor's and a patient's appointments: overlap, caps, slots and lists.
CREATE INDEX appointments_of_doctor
ON appointments (doctor_id, cancelled, start_at, id, duration, busy_from, busy_until);
CREATE INDEX appointments_of_patient ON appointments (patient_id, cancelled, start_at, id, duration, doctor_id);
-- The clinic's, for its list and the reports.
CREATE INDEX appointments_of_clinic ON appointments (start_at, id, status, doctor_id, duration);
-- One key of an account, one appointment: by a rule, since REPLACE would delete what is in the way of a unique index.
CREATE INDEX appointments_by_key ON appointments (booked_by, idempotency_key) WHERE idempotency_key IS NOT NULL;

-- What programs read

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

-- What a doctor tells: in a list, and alone.
CREATE VIEW profile_documents AS
SELECT *, json_object('id', id, 'name', name, 'specialty', specialty) AS listed,
  json_object('id', id, 'name', name, 'specialty', specialty, 'details', details) AS document
FROM people;

-- Weeks of doctors, as arrays of stretches in order.
CREATE VIEW weeks AS
SELECT id AS doctor_id, (
  SELECT json_group_array(json_object('weekday', weekday, 'start_minute', start_minute, 'end_minute', end_minute))
  FROM (SELECT * FROM working_hours WHERE doctor_id = people.id ORDER BY weekday, start_minute)) AS hours
FROM people WHERE account_type = 'Doctor';

-- The audit trail

CREATE TABLE actions (name TEXT NOT NULL PRIMARY KEY) WITHOUT ROWID, STRICT;

INSERT INTO actions VALUES
  ('register'), ('login'), ('login_failed'), ('book'), ('reschedule'), ('cancel'), ('done'), ('no_show'),
  ('deactivate'), ('activate'), ('password'), ('policy'), ('working_hours'), ('time_off'), ('time_off_end'),
  ('profile'), ('erase');

-- Who did what to which appointment or account, when, and in which request. It names nobody but by the ids of
-- accounts. Commits are serial, so the ids are in the order of the commits.
CREATE TABLE audit (
  id             INTEGER PRIMARY KEY,
  -- The writer's clock.
  at             INTEGER NOT NULL,
  -- NULL: nobody was signed in, or another program than ours.
  actor_id       INTEGER,
  action         TEXT    NOT NULL REFERENCES actions,
  appointment_id INTEGER,
  account_id     INTEGER,
  request_id     TEXT,
  -- The address that a failed sign-in came from. It goes when its account is erased.
  source         TEXT,
  -- JSON: {member: [before, after]}, and {member: null} for personal members.
  changes        TEXT
) STRICT;

-- The id is the rowid, by which each index ends.
CREATE INDEX audit_of_actor ON audit (actor_id);
CREATE INDEX audit_of_account ON audit (account_id) WHERE account_id IS NOT NULL;
CREATE INDEX audit_of_appointment ON audit (appointment_id) WHERE appointment_id IS NOT NULL;
-- Bookings are left out: a page of them is found among the newest lines.
CREATE INDEX audit_of_action ON audit (action) WHERE action <> 'book';
-- One line of 256, to begin a search by time near its end: an index of all would cost each booking a page.
CREATE INDEX audit_by_time ON audit (at) WHERE id % 256 = 0;

CREATE VIEW audit_documents AS
SELECT *, json_object(
  'id', id, 'at', at, 'actor_id', actor_id, 'actor_name', (SELECT name FROM people WHERE people.id = actor_id),
  'action', action, 'appointment_id', appointment_id, 'account_id', account_id, 'request_id', request_id,
  'source', source, 'changes', json(changes)) AS document
FROM audit;
