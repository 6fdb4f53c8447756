-- The schema after all migrations: tables with their indexes, views, and triggers. This file is only for reading.
-- `make schema` generates it from a migrated database, and a test checks that it is up to date.

CREATE TABLE migrations (
  version         INTEGER NOT NULL,
  step            INTEGER NOT NULL,
  name            TEXT    NOT NULL,
  -- The oldest program version that can use the schema from this step on.
  compatible_from INTEGER NOT NULL,
  applied_at      INTEGER NOT NULL DEFAULT (unixepoch()),
  PRIMARY KEY (version, step)
) WITHOUT ROWID, STRICT;

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

CREATE TABLE pruned_operations (
  id        INTEGER PRIMARY KEY CHECK (id = 1),
  -- The newest deleted id, or the newest id that is old enough to be deleted.
  up_to     BLOB    NOT NULL,
  -- When operations were last deleted, by the database's clock.
  pruned_at INTEGER NOT NULL
) STRICT;

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
, phone TEXT CHECK (length(phone) BETWEEN 1 AND 50), email TEXT CHECK (length(email) BETWEEN 3 AND 254), address TEXT CHECK (length(address) BETWEEN 1 AND 500), language TEXT NOT NULL DEFAULT 'en' CHECK (length(language) BETWEEN 2 AND 35), reminder_minutes TEXT NOT NULL DEFAULT '[1440]' CHECK (json_type(reminder_minutes) = 'array'), quiet_start INTEGER CHECK (quiet_start BETWEEN 0 AND 1439), quiet_end INTEGER
  CHECK (quiet_end BETWEEN 0 AND 1439 AND (quiet_end IS NULL) = (quiet_start IS NULL) AND quiet_end <> quiet_start), patient_reschedule_notice INTEGER
  CHECK (patient_reschedule_notice BETWEEN 0 AND 525600), require_verified_email INTEGER NOT NULL DEFAULT 0
  CHECK (require_verified_email IN (0, 1)), booking_notice INTEGER NOT NULL DEFAULT 0 CHECK (booking_notice BETWEEN 0 AND 525600)) STRICT;

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
, date TEXT GENERATED ALWAYS AS (
  date(start_at + ((weekday - 1 - (start_at / 86400 + 3) % 7 + 10) % 7 - 3) * 86400, 'unixepoch')) VIRTUAL) STRICT;

CREATE TABLE account_types (name TEXT NOT NULL PRIMARY KEY) WITHOUT ROWID, STRICT;

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
  operation_id  BLOB    NOT NULL, phone TEXT CHECK (phone GLOB '+[1-9]*' AND length(phone) BETWEEN 3 AND 16), language TEXT CHECK (length(language) BETWEEN 2 AND 35), birth_date TEXT CHECK (birth_date IS date(birth_date)), contact_email TEXT
  CHECK (contact_email IS NULL OR account_type = 'Patient' AND length(contact_email) BETWEEN 3 AND 254), contact_email_key TEXT CHECK ((contact_email_key IS NULL) = (contact_email IS NULL)), notes TEXT
  CHECK (notes IS NULL OR account_type = 'Patient' AND length(notes) BETWEEN 1 AND 5000), created_by INTEGER, idempotency_key TEXT CHECK (length(idempotency_key) BETWEEN 1 AND 255), request_hash BLOB CHECK (length(request_hash) = 32), merged_into INTEGER CHECK (merged_into IS NULL OR merged_into <> id AND active = 0),
  CHECK (account_type = 'Doctor' OR (specialty IS NULL AND details IS NULL)),
  CHECK ((specialty IS NULL) = (specialty_key IS NULL))
) STRICT;

CREATE INDEX people_by_type ON people (account_type);

CREATE INDEX people_by_birth_date ON people (birth_date) WHERE birth_date IS NOT NULL;

CREATE INDEX people_by_key ON people (created_by, idempotency_key) WHERE idempotency_key IS NOT NULL;

CREATE INDEX people_merged ON people (merged_into) WHERE merged_into IS NOT NULL;

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
, verified_at INTEGER) STRICT;

CREATE TABLE sessions (
  id                BLOB    NOT NULL PRIMARY KEY CHECK (length(id) = 16),
  person_id         INTEGER NOT NULL REFERENCES people,
  created_at        INTEGER NOT NULL,
  -- How many passwords were set during the session. A token contains the generation in which it was issued. Tokens of
  -- an older generation are revoked, except retained_token_id: the token that set the newest password.
  generation        INTEGER NOT NULL DEFAULT 0,
  retained_token_id INTEGER
) WITHOUT ROWID, STRICT;

CREATE INDEX sessions_of_person ON sessions (person_id, created_at);

CREATE TABLE sign_in_attempts (
  id         BLOB    NOT NULL PRIMARY KEY CHECK (length(id) = 16),
  email_hash TEXT    NOT NULL,
  source     TEXT    NOT NULL,
  at         INTEGER NOT NULL
) WITHOUT ROWID, STRICT;

CREATE INDEX sign_in_attempts_by_email ON sign_in_attempts (email_hash, source, at);

CREATE INDEX sign_in_attempts_by_source ON sign_in_attempts (source, at);

CREATE INDEX sign_in_attempts_by_time ON sign_in_attempts (at);

CREATE TABLE sign_in_sources (
  account_id INTEGER NOT NULL REFERENCES people,
  source     TEXT    NOT NULL,
  -- The last sign-in of the account from this source.
  at         INTEGER NOT NULL,
  PRIMARY KEY (account_id, source)
) WITHOUT ROWID, STRICT;

CREATE INDEX sign_in_sources_by_time ON sign_in_sources (at);

CREATE TABLE registrations (
  id     BLOB    NOT NULL PRIMARY KEY CHECK (length(id) = 16),
  source TEXT    NOT NULL,
  at     INTEGER NOT NULL
) WITHOUT ROWID, STRICT;

CREATE INDEX registrations_by_source ON registrations (source, at);

CREATE INDEX registrations_by_time ON registrations (at);

CREATE TABLE working_hours (
  doctor_id    INTEGER NOT NULL REFERENCES people,
  weekday      INTEGER NOT NULL CHECK (weekday BETWEEN 1 AND 7),
  start_minute INTEGER NOT NULL CHECK (start_minute BETWEEN 0 AND 1439),
  end_minute   INTEGER NOT NULL CHECK (end_minute BETWEEN start_minute + 1 AND 1440),
  PRIMARY KEY (doctor_id, weekday, start_minute)
) WITHOUT ROWID, STRICT;

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

CREATE INDEX time_off_of_doctor ON time_off (doctor_id, end_at, start_at);

CREATE TABLE statuses (name TEXT NOT NULL PRIMARY KEY) WITHOUT ROWID, STRICT;

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
  requested_duration INTEGER, confirmed_at INTEGER, type_id INTEGER, note TEXT CHECK (length(note) BETWEEN 1 AND 500), arrived_at INTEGER, overridden INTEGER NOT NULL DEFAULT 0 CHECK (overridden IN (0, 1)), override_reason TEXT
  CHECK (override_reason IS NULL OR overridden = 1 AND length(override_reason) BETWEEN 1 AND 500), request_hash BLOB
  CHECK (request_hash IS NULL OR length(request_hash) = 32), series_id INTEGER,
  CHECK ((idempotency_key IS NULL) = (requested_start_at IS NULL)
    AND (requested_start_at IS NULL) = (requested_duration IS NULL))
) STRICT;

CREATE INDEX appointments_of_doctor
ON appointments (doctor_id, cancelled, start_at, id, duration, busy_from, busy_until);

CREATE INDEX appointments_of_patient ON appointments (patient_id, cancelled, start_at, id, duration, doctor_id);

CREATE INDEX appointments_of_clinic ON appointments (start_at, id, status, doctor_id, duration);

CREATE INDEX appointments_by_key ON appointments (booked_by, idempotency_key) WHERE idempotency_key IS NOT NULL;

CREATE INDEX appointments_of_series ON appointments (series_id, start_at) WHERE series_id IS NOT NULL;

CREATE TABLE actions (name TEXT NOT NULL PRIMARY KEY) WITHOUT ROWID, STRICT;

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

CREATE INDEX audit_of_actor ON audit (actor_id);

CREATE INDEX audit_of_account ON audit (account_id) WHERE account_id IS NOT NULL;

CREATE INDEX audit_of_appointment ON audit (appointment_id) WHERE appointment_id IS NOT NULL;

CREATE INDEX audit_of_action ON audit (action) WHERE action <> 'book';

CREATE INDEX audit_by_time ON audit (at) WHERE id % 256 = 0;

CREATE TABLE message_kinds (name TEXT NOT NULL PRIMARY KEY) WITHOUT ROWID, STRICT;

CREATE TABLE message_states (name TEXT NOT NULL PRIMARY KEY) WITHOUT ROWID, STRICT;

CREATE TABLE messages (
  id             INTEGER PRIMARY KEY,
  -- Of a message about an appointment it can change until the message is claimed.
  kind           TEXT    NOT NULL REFERENCES message_kinds,
  reader_id      INTEGER NOT NULL REFERENCES people,
  -- The Patient of the message. NULL: the message is about the account of another person.
  patient_id     INTEGER REFERENCES people,
  -- The appointment that it is about. Those of a reminder are in reminders.
  appointment_id INTEGER REFERENCES appointments,
  -- The address to verify. NULL: the message goes to the reader's address.
  address        TEXT,
  -- When it is to be sent at first, and when it is to be sent next.
  due_at         INTEGER NOT NULL,
  next_at        INTEGER NOT NULL,
  state          TEXT    NOT NULL DEFAULT 'Queued' REFERENCES message_states,
  attempts       INTEGER NOT NULL DEFAULT 0,
  -- Why the last attempt failed.
  last_error     TEXT,
  sent_at        INTEGER,
  -- Where it was sent to: an email, or a phone number.
  sent_to        TEXT,
  -- The operation of the sender that claimed it, and the time until which only that sender may send it.
  claim          BLOB,
  claimed_until  INTEGER,
  -- What it says about the appointment, since it was claimed: a document of view `told_appointments`. It is removed if
  -- the attempt certainly failed. If the outcome of an attempt is unknown, it stays: the reader may have been told.
  told           TEXT,
  -- Whether the outcome of an attempt is unknown. The next attempt has the same Message-ID, so that a mail program can
  -- show both as one.
  unknown        INTEGER NOT NULL DEFAULT 0 CHECK (unknown IN (0, 1)),
  -- The Message-ID of the mail without its domain. It is random, so that it says nothing about the clinic.
  message_id     TEXT    NOT NULL DEFAULT (lower(hex(randomblob(16)))) CHECK (length(message_id) = 32),
  CHECK ((claim IS NULL) = (claimed_until IS NULL))
) STRICT;

CREATE INDEX messages_to_send ON messages (next_at) WHERE state = 'Queued';

CREATE INDEX messages_of_claim ON messages (claim) WHERE claim IS NOT NULL;

CREATE INDEX messages_of_appointment ON messages (appointment_id, reader_id) WHERE appointment_id IS NOT NULL;

CREATE INDEX messages_of_patient ON messages (patient_id) WHERE patient_id IS NOT NULL;

CREATE INDEX messages_of_reader ON messages (reader_id, kind, due_at);

CREATE INDEX messages_to_handle ON messages (state) WHERE state IN ('Failed', 'Call');

CREATE TABLE reminders (
  appointment_id INTEGER NOT NULL REFERENCES appointments,
  reader_id      INTEGER NOT NULL REFERENCES people,
  minutes        INTEGER NOT NULL,
  -- The audit entry of the booking or the reschedule. An appointment that was rescheduled back needs another reminder.
  audit_id       INTEGER NOT NULL REFERENCES audit,
  -- The start of the appointment at that time.
  start_at       INTEGER NOT NULL,
  message_id     INTEGER NOT NULL REFERENCES messages,
  PRIMARY KEY (appointment_id, reader_id, minutes, audit_id)
) WITHOUT ROWID, STRICT;

CREATE INDEX reminders_of_message ON reminders (message_id);

CREATE TABLE message_cursor (
  id       INTEGER PRIMARY KEY CHECK (id = 1),
  audit_id INTEGER NOT NULL
) STRICT;

CREATE TABLE links (
  hash           BLOB    NOT NULL PRIMARY KEY CHECK (length(hash) = 32),
  message_id     INTEGER NOT NULL REFERENCES messages,
  -- The operation that claimed the message. A message that is claimed again gets new links, and the old ones stay valid.
  claim          BLOB    NOT NULL,
  -- The appointment that the link shows. NULL: a link of an account, whose meaning is the kind of the message.
  appointment_id INTEGER REFERENCES appointments,
  expires_at     INTEGER NOT NULL,
  -- When a link of an account was used, or ended because the account has a new password or email.
  used_at        INTEGER
) WITHOUT ROWID, STRICT;

CREATE INDEX links_of_message ON links (message_id);

CREATE INDEX links_by_time ON links (expires_at);

CREATE TABLE feeds (
  person_id INTEGER PRIMARY KEY REFERENCES people,
  hash      BLOB    NOT NULL UNIQUE CHECK (length(hash) = 32),
  -- Whether the feed names the other person of each appointment.
  details   INTEGER NOT NULL CHECK (details IN (0, 1))
) STRICT;

CREATE TABLE guardians (
  patient_id   INTEGER NOT NULL REFERENCES people,
  account_id   INTEGER NOT NULL REFERENCES people CHECK (account_id <> patient_id),
  active       INTEGER NOT NULL DEFAULT 1 CHECK (active IN (0, 1)),
  operation_id BLOB    NOT NULL,
  PRIMARY KEY (patient_id, account_id)
) WITHOUT ROWID, STRICT;

CREATE INDEX guardians_of_account ON guardians (account_id, active, patient_id);

CREATE TABLE patient_search (
  patient_id INTEGER PRIMARY KEY REFERENCES people,
  -- The lines are the name, the contact email, the digits of the phone, and the birth date.
  person     TEXT NOT NULL,
  -- The email of the login.
  login      TEXT NOT NULL DEFAULT ''
) STRICT;

CREATE TABLE special_hours (
  doctor_id    INTEGER NOT NULL REFERENCES people,
  date         TEXT    NOT NULL CHECK (date IS date(date)),
  -- A JSON array of {start_minute, end_minute} in order, like the columns of working_hours. An end after minute 1440 is on the
  -- next date, in addition to the hours of that date.
  hours        TEXT    CHECK (json_type(hours) = 'array'),
  operation_id BLOB    NOT NULL,
  PRIMARY KEY (doctor_id, date)
) WITHOUT ROWID, STRICT;

CREATE TABLE closures (
  id           INTEGER PRIMARY KEY,
  start_at     INTEGER NOT NULL CHECK (start_at % 60 = 0),
  end_at       INTEGER NOT NULL CHECK (end_at % 60 = 0 AND end_at > start_at),
  name         TEXT    NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
  deleted_at   INTEGER,
  operation_id BLOB    NOT NULL
) STRICT;

CREATE INDEX closures_by_end ON closures (end_at, start_at);

CREATE TABLE appointment_types (
  id            INTEGER PRIMARY KEY,
  name          TEXT    NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
  duration      INTEGER NOT NULL CHECK (duration BETWEEN 1 AND 1440),
  -- How many minutes before and after the appointment the doctor is busy too.
  buffer_before INTEGER NOT NULL CHECK (buffer_before BETWEEN 0 AND 240),
  buffer_after  INTEGER NOT NULL CHECK (buffer_after BETWEEN 0 AND 240),
  bookable_by   TEXT    NOT NULL CHECK (bookable_by IN ('Anyone', 'Staff')),
  active        INTEGER NOT NULL CHECK (active IN (0, 1)),
  -- A JSON array of the ids of the doctors who offer it. NULL: all doctors.
  doctors       TEXT    CHECK (json_type(doctors) = 'array'),
  operation_id  BLOB    NOT NULL
) STRICT;

CREATE VIEW signed_in AS
SELECT sessions.id AS session, people.id AS account_id, account_type, public_id AS clinic, generation,
  retained_token_id
FROM sessions JOIN people ON people.id = person_id, clinic
WHERE active = 1;

CREATE VIEW profile_documents AS
SELECT *, json_object('id', id, 'name', name, 'specialty', specialty) AS listed,
  json_object('id', id, 'name', name, 'specialty', specialty, 'details', details) AS document
FROM people;

CREATE VIEW weeks AS
SELECT id AS doctor_id, (
  SELECT json_group_array(json_object('weekday', weekday, 'start_minute', start_minute, 'end_minute', end_minute))
  FROM (SELECT * FROM working_hours WHERE doctor_id = people.id ORDER BY weekday, start_minute)) AS hours
FROM people WHERE account_type = 'Doctor';

CREATE VIEW told_appointments AS
SELECT id AS appointment_id, patient_id, start_at, status, json_object(
  'status', status, 'start_at', start_at, 'duration', duration, 'doctor_id', doctor_id) AS document
FROM appointments;

CREATE VIEW account_links AS
SELECT hash, expires_at, kind, reader_id, address, sent_to
FROM links JOIN messages ON messages.id = links.message_id JOIN people ON people.id = reader_id
WHERE used_at IS NULL AND links.appointment_id IS NULL AND active = 1
  AND (address IS NULL OR NOT EXISTS (
    SELECT 1 FROM messages AS later
    WHERE later.reader_id = messages.reader_id AND later.kind = messages.kind AND later.id > messages.id
      AND later.address IS NOT NULL));

CREATE VIEW credential_messages AS
SELECT id, reader_id FROM messages
WHERE kind IN ('verify_email', 'reset_password', 'invitation') AND (kind <> 'verify_email' OR address IS NOT NULL);

CREATE VIEW true_reminders AS
SELECT message_id, appointment_id, appointments.start_at
FROM reminders JOIN appointments ON appointments.id = appointment_id
WHERE status = 'Booked' AND audit_id = (
  SELECT max(id) FROM audit WHERE audit.appointment_id = appointments.id AND action IN ('book', 'reschedule'));

CREATE VIEW message_documents AS
SELECT messages.*, json_object(
  'id', messages.id, 'kind', kind, 'to', coalesce(sent_to, address, logins.email, people.phone),
  'reader_id', reader_id, 'reader_name', people.name, 'patient_id', messages.patient_id,
  'appointment_ids', (
    SELECT json_group_array(appointment_id)
    FROM (
      SELECT messages.appointment_id WHERE messages.appointment_id IS NOT NULL
      UNION SELECT appointment_id FROM reminders WHERE message_id = messages.id)),
  'due_at', due_at, 'state', state, 'attempts', attempts, 'last_error', last_error, 'sent_at', sent_at) AS document
FROM messages JOIN people ON people.id = reader_id LEFT JOIN logins ON person_id = reader_id;

CREATE VIEW audit_documents AS
SELECT *, json_object(
  'id', id, 'at', at, 'actor_id', actor_id, 'actor_name', (SELECT name FROM people WHERE people.id = actor_id),
  'action', action, 'appointment_id', appointment_id, 'account_id', account_id,
  'account_name', (SELECT name FROM people WHERE people.id = account_id), 'request_id', request_id,
  'source', source, 'changes', json(changes)) AS document
FROM audit;

CREATE VIEW patient_search_rows AS
SELECT id AS patient_id,
  name_key || char(10) || coalesce(contact_email_key, '') || char(10) || coalesce(substr(phone, 2), '')
    || char(10) || coalesce(birth_date, '') AS person,
  coalesce((SELECT search_key FROM logins WHERE person_id = people.id), '') AS login
FROM people
WHERE account_type = 'Patient' AND erased_at IS NULL AND merged_into IS NULL;

CREATE VIEW account_documents AS
SELECT people.*, logins.email, logins.search_key, signed_in_at, verified_at, json_object(
  'id', id, 'name', name, 'email', email, 'account_type', account_type,
  'active', json(iif(active, 'true', 'false')), 'phone', phone, 'birth_date', birth_date, 'language', language,
  'email_verified', json(iif(verified_at IS NULL, 'false', 'true')),
  'feed', (
    SELECT json_object('details', json(iif(details, 'true', 'false'))) FROM feeds WHERE feeds.person_id = people.id))
  AS document
FROM people JOIN logins ON logins.person_id = id;

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

CREATE VIEW contacts AS
SELECT people.id AS person_id, people.name, coalesce(logins.email, contact_email) AS email, people.phone,
  coalesce(people.language, clinic.language) AS language, verified_at
FROM clinic, people LEFT JOIN logins ON logins.person_id = people.id
WHERE erased_at IS NULL;

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

CREATE VIEW people_changes AS
SELECT operation_id, id AS person_id, '' AS action, '{}' AS changes FROM people WHERE FALSE;

CREATE VIEW guardian_changes AS
SELECT operation_id, patient_id, account_id, active, '[]' AS guardian, 0 AS is_changed FROM guardians WHERE FALSE;

CREATE VIEW doctor_hours AS
SELECT doctor_id, day_start,
  day_start + start_minute * 60 + iif(start_minute >= clock_change_minute, clock_change_seconds, 0) AS start_at,
  min(day_start + end_minute * 60 + iif(end_minute >= clock_change_minute, clock_change_seconds, 0), day_end) AS end_at
FROM (
  SELECT doctor_id, start_at AS day_start, end_at AS day_end, clock_change_minute, clock_change_seconds,
    start_minute, end_minute
  FROM days CROSS JOIN working_hours USING (weekday)
  WHERE NOT EXISTS (
    SELECT 1 FROM special_hours
    WHERE special_hours.doctor_id = working_hours.doctor_id AND special_hours.date = days.date AND hours IS NOT NULL)
  UNION ALL
  SELECT doctor_id, start_at, end_at, clock_change_minute, clock_change_seconds,
    value ->> 'start_minute', min(value ->> 'end_minute', 1440)
  FROM days CROSS JOIN special_hours USING (date), json_each(hours)
  UNION ALL
  SELECT doctor_id, start_at, end_at, clock_change_minute, clock_change_seconds, 0, value ->> 'end_minute' - 1440
  FROM days CROSS JOIN special_hours ON special_hours.date = date(days.date, '-1 day'), json_each(hours)
  WHERE value ->> 'end_minute' > 1440);

CREATE VIEW special_hours_changes AS
SELECT operation_id, doctor_id, date, '' AS before, hours AS after FROM special_hours WHERE FALSE;

CREATE VIEW clinic_documents AS
SELECT json_object(
  'public_id', public_id, 'name', name, 'time_zone', time_zone, 'calendar_version', calendar_version,
  'min_duration', min_duration, 'max_duration', max_duration,
  'max_appointments_per_day', max_appointments_per_day, 'max_booked_mins_per_day', max_booked_mins_per_day,
  'booking_horizon_days', booking_horizon_days, 'booking_notice', booking_notice, 'slot_step', slot_step,
  'patient_cancel_notice', patient_cancel_notice, 'patient_reschedule_notice', patient_reschedule_notice,
  'max_open_bookings', max_open_bookings, 'phone', phone, 'email', email, 'address', address, 'language', language,
  'reminder_minutes', json(reminder_minutes), 'quiet_start', quiet_start, 'quiet_end', quiet_end,
  'require_verified_email', json(iif(require_verified_email, 'true', 'false'))) AS document
FROM clinic;

CREATE VIEW type_documents AS
SELECT *, json_object(
  'id', id, 'name', name, 'duration', duration, 'buffer_before', buffer_before, 'buffer_after', buffer_after,
  'bookable_by', bookable_by, 'active', json(iif(active, 'true', 'false')), 'doctors', json(doctors)) AS document
FROM appointment_types;

CREATE VIEW type_changes AS
SELECT operation_id, id AS type_id, '[]' AS doctors, '{}' AS before, '{}' AS after FROM appointment_types WHERE FALSE;

CREATE VIEW booking_rules AS
SELECT id, doctor_id, patient_id, start_at, duration, busy_from, busy_until,
  0 AS by_staff, 0 AS is_new, overridden,
  0 AS now, 0 AS day_start, 0 AS day_end
FROM appointments WHERE FALSE;

CREATE VIEW corrections AS
SELECT 0 AS now, start_at FROM appointments WHERE FALSE;

CREATE VIEW appointment_changes AS
SELECT operation_id, id AS appointment_id, '' AS old_status, status, 0 AS rescheduled, '[]' AS doctors, '[]' AS starts,
  '[]' AS durations, '[]' AS patients, '[]' AS arrivals, 0 AS reason, 0 AS note
FROM appointments WHERE FALSE;

CREATE VIEW appointment_documents AS
SELECT *, json_object(
  'id', id, 'doctor_id', doctor_id, 'patient_id', patient_id, 'start_at', start_at, 'duration', duration,
  'status', status, 'reason', reason, 'version', version, 'confirmed_at', confirmed_at, 'arrived_at', arrived_at,
  'series_id', series_id, 'type_id', type_id,
  'type_name', (SELECT name FROM appointment_types WHERE appointment_types.id = type_id),
  'buffer_before', (start_at - busy_from) / 60, 'buffer_after', (busy_until - start_at) / 60 - duration,
  'note', note, 'overridden', json(iif(overridden, 'true', 'false')),
  'doctor_name', (SELECT name FROM people WHERE people.id = doctor_id),
  'patient_name', (SELECT name FROM people WHERE people.id = patient_id),
  'patient_phone', (SELECT phone FROM people WHERE people.id = patient_id),
  'guardians', (
    SELECT json_group_array(account_id) FROM guardians
    WHERE guardians.patient_id = appointments.patient_id AND guardians.active = 1),
  'moved_from', iif(reschedules = 0, NULL, (
    SELECT changes ->> '$.start_date[0]' FROM audit
    WHERE audit.appointment_id = appointments.id AND action = 'reschedule' AND changes ->> '$.start_date' IS NOT NULL
    ORDER BY audit.id DESC LIMIT 1))) AS document
FROM appointments;

CREATE VIEW plan_steps AS
SELECT operation_id, id AS appointment_id, cancelled AS cancels, start_at, doctor_id, reason FROM appointments WHERE FALSE;

CREATE TRIGGER operations_inserted AFTER INSERT ON operations
BEGIN
  UPDATE pruned_operations
  SET up_to = max(up_to, unhex(printf('%012x', (unixepoch() - 2 * 86400) * 1000) || '00000000000000000000')),
      pruned_at = unixepoch()
  WHERE pruned_at <= unixepoch() - 3600;

  -- After the update, because the new operation itself can be too old.
  SELECT RAISE(ABORT, 'operation-expired') FROM pruned_operations WHERE NEW.id <= up_to;
END;

CREATE TRIGGER pruned_operations_updated AFTER UPDATE ON pruned_operations
BEGIN
  DELETE FROM operations WHERE id <= NEW.up_to;
END;

CREATE TRIGGER clinic_inserted BEFORE INSERT ON clinic
BEGIN
  SELECT RAISE(ABORT, 'clinic-stays');
END;

CREATE TRIGGER clinic_deleted BEFORE DELETE ON clinic
BEGIN
  SELECT RAISE(ABORT, 'clinic-stays');
END;

CREATE TRIGGER people_deleted BEFORE DELETE ON people
BEGIN
  SELECT RAISE(ABORT, 'people-stay');
END;

CREATE TRIGGER logins_deleted BEFORE DELETE ON logins
BEGIN
  SELECT RAISE(ABORT, 'logins-stay');
END;

CREATE TRIGGER sessions_inserted AFTER INSERT ON sessions
BEGIN
  SELECT RAISE(ABORT, 'operation-missing') WHERE NOT EXISTS (SELECT 1 FROM operations WHERE id = NEW.id);

  DELETE FROM sessions WHERE person_id = NEW.person_id AND created_at < NEW.created_at - 13 * 3600;
  UPDATE operations SET row_id = NEW.person_id WHERE id = NEW.id AND row_id IS NULL;
  INSERT INTO audit (at, actor_id, action, account_id, request_id)
  SELECT at, NEW.person_id, 'login', NEW.person_id, request_id FROM operations WHERE id = NEW.id;
END;

CREATE TRIGGER sign_in_attempts_inserted AFTER INSERT ON sign_in_attempts
BEGIN
  DELETE FROM sign_in_attempts WHERE at <= NEW.at - 3600;
END;

CREATE TRIGGER sign_in_sources_inserted AFTER INSERT ON sign_in_sources
BEGIN
  DELETE FROM sign_in_sources WHERE at < NEW.at - 90 * 86400;
END;

CREATE TRIGGER registrations_inserted AFTER INSERT ON registrations
BEGIN
  DELETE FROM registrations WHERE at <= NEW.at - 3600;
END;

CREATE TRIGGER working_hours_inserted BEFORE INSERT ON working_hours
BEGIN
  SELECT RAISE(ABORT, 'not-a-doctor')
  WHERE NOT EXISTS (SELECT 1 FROM people WHERE id = NEW.doctor_id AND account_type = 'Doctor');
  SELECT RAISE(ABORT, 'working-hours-overlap')
  WHERE EXISTS (
    SELECT 1 FROM working_hours
    WHERE doctor_id = NEW.doctor_id AND weekday = NEW.weekday
      AND start_minute <= NEW.end_minute AND NEW.start_minute <= end_minute);
END;

CREATE TRIGGER working_hours_updated BEFORE UPDATE ON working_hours
BEGIN
  SELECT RAISE(ABORT, 'working-hours-overlap')
  WHERE EXISTS (
    SELECT 1 FROM working_hours
    WHERE doctor_id = NEW.doctor_id AND weekday = NEW.weekday
      AND (doctor_id, weekday, start_minute) <> (OLD.doctor_id, OLD.weekday, OLD.start_minute)
      AND start_minute <= NEW.end_minute AND NEW.start_minute <= end_minute);
END;

CREATE TRIGGER time_off_inserted AFTER INSERT ON time_off
BEGIN
  SELECT RAISE(ABORT, 'not-a-doctor')
  WHERE NOT EXISTS (SELECT 1 FROM people WHERE id = NEW.doctor_id AND account_type = 'Doctor');
  SELECT RAISE(ABORT, 'time-off-over-appointments')
  WHERE EXISTS (
    SELECT 1 FROM appointments
    WHERE doctor_id = NEW.doctor_id AND cancelled = 0 AND status = 'Booked'
      AND start_at > NEW.start_at - 86400 AND start_at < NEW.end_at
      AND start_at + duration * 60 > NEW.start_at);
  SELECT RAISE(ABORT, 'operation-missing') WHERE NOT EXISTS (SELECT 1 FROM operations WHERE id = NEW.operation_id);

  UPDATE operations SET row_id = NEW.id WHERE id = NEW.operation_id AND row_id IS NULL;
  INSERT INTO audit (at, actor_id, action, account_id, request_id, changes)
  SELECT at, actor_id, 'time_off', NEW.doctor_id, request_id,
    json_object('start_date', json_array(NULL, NEW.start_at), 'end_date', json_array(NULL, NEW.end_at))
  FROM operations WHERE id = NEW.operation_id;
END;

CREATE TRIGGER time_off_updated AFTER UPDATE ON time_off
BEGIN
  SELECT RAISE(ABORT, 'time-off-stays')
  WHERE OLD.deleted_at IS NOT NULL OR NEW.deleted_at IS NULL
     OR (NEW.id, NEW.doctor_id, NEW.start_at, NEW.end_at) <> (OLD.id, OLD.doctor_id, OLD.start_at, OLD.end_at);
  SELECT RAISE(ABORT, 'operation-missing')
  WHERE NEW.operation_id = OLD.operation_id OR NOT EXISTS (SELECT 1 FROM operations WHERE id = NEW.operation_id);

  UPDATE operations SET row_id = NEW.id WHERE id = NEW.operation_id AND row_id IS NULL;
  INSERT INTO audit (at, actor_id, action, account_id, request_id, changes)
  SELECT at, actor_id, 'time_off_end', NEW.doctor_id, request_id,
    json_object('start_date', json_array(OLD.start_at, NULL), 'end_date', json_array(OLD.end_at, NULL))
  FROM operations WHERE id = NEW.operation_id;
END;

CREATE TRIGGER time_off_deleted BEFORE DELETE ON time_off
BEGIN
  SELECT RAISE(ABORT, 'time-off-stays');
END;

CREATE TRIGGER appointments_deleted BEFORE DELETE ON appointments
BEGIN
  SELECT RAISE(ABORT, 'appointments-stay');
END;

CREATE TRIGGER audit_inserted BEFORE INSERT ON audit
BEGIN
  SELECT RAISE(ABORT, 'audit-stays') WHERE EXISTS (SELECT 1 FROM audit WHERE id = NEW.id);
END;

CREATE TRIGGER audit_updated BEFORE UPDATE ON audit
BEGIN
  SELECT RAISE(ABORT, 'audit-stays')
  WHERE NEW.source IS NOT NULL
     OR NOT EXISTS (SELECT 1 FROM people WHERE id = OLD.account_id AND erased_at IS NOT NULL)
     OR (NEW.id, NEW.at, NEW.actor_id, NEW.action, NEW.appointment_id, NEW.account_id, NEW.request_id, NEW.changes)
        IS NOT (
          OLD.id, OLD.at, OLD.actor_id, OLD.action, OLD.appointment_id, OLD.account_id, OLD.request_id, OLD.changes);
END;

CREATE TRIGGER audit_deleted BEFORE DELETE ON audit
BEGIN
  SELECT RAISE(ABORT, 'audit-stays');
END;

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

CREATE TRIGGER guardians_deleted BEFORE DELETE ON guardians
BEGIN
  SELECT RAISE(ABORT, 'guardians-stay');
END;

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

CREATE TRIGGER special_hours_changes_inserted INSTEAD OF INSERT ON special_hours_changes
BEGIN
  SELECT RAISE(ABORT, 'operation-missing') WHERE NOT EXISTS (SELECT 1 FROM operations WHERE id = NEW.operation_id);
  SELECT RAISE(ABORT, 'not-a-doctor')
  WHERE NOT EXISTS (SELECT 1 FROM people WHERE id = NEW.doctor_id AND account_type = 'Doctor');
  SELECT RAISE(ABORT, 'working-hours-overlap') FROM json_each(NEW.after) AS one
  WHERE NOT coalesce(
      one.value ->> 'start_minute' BETWEEN 0 AND 1439
      AND one.value ->> 'end_minute' BETWEEN one.value ->> 'start_minute' + 1 AND one.value ->> 'start_minute' + 1440, FALSE)
    OR EXISTS (
      SELECT 1 FROM json_each(NEW.after) AS other
      WHERE other.key > one.key AND other.value ->> 'start_minute' < one.value ->> 'end_minute');
  UPDATE operations SET row_id = NEW.doctor_id WHERE id = NEW.operation_id AND row_id IS NULL;
  INSERT INTO audit (at, actor_id, action, account_id, request_id, changes)
  SELECT at, actor_id, 'special_hours', NEW.doctor_id, request_id,
    json_object('date', json_array(NEW.date, NEW.date), 'special_hours', json_array(json(NEW.before), json(NEW.after)))
  FROM operations WHERE id = NEW.operation_id AND NEW.before IS NOT NEW.after;
END;

CREATE TRIGGER special_hours_inserted AFTER INSERT ON special_hours
BEGIN
  INSERT INTO special_hours_changes SELECT NEW.operation_id, NEW.doctor_id, NEW.date, NULL, NEW.hours;
END;

CREATE TRIGGER special_hours_updated AFTER UPDATE ON special_hours
BEGIN
  SELECT RAISE(ABORT, 'special-hours-stay')
  WHERE (NEW.doctor_id, NEW.date) <> (OLD.doctor_id, OLD.date) OR NEW.operation_id = OLD.operation_id;
  INSERT INTO special_hours_changes SELECT NEW.operation_id, NEW.doctor_id, NEW.date, OLD.hours, NEW.hours;
END;

CREATE TRIGGER special_hours_deleted BEFORE DELETE ON special_hours
BEGIN
  SELECT RAISE(ABORT, 'special-hours-stay');
END;

CREATE TRIGGER closures_inserted AFTER INSERT ON closures
BEGIN
  SELECT RAISE(ABORT, 'closure-over-appointments')
  WHERE EXISTS (
    SELECT 1 FROM people JOIN appointments ON doctor_id = people.id
    WHERE account_type = 'Doctor' AND cancelled = 0 AND status = 'Booked'
      AND start_at > NEW.start_at - 86400 AND start_at < NEW.end_at
      AND start_at + duration * 60 > NEW.start_at);
  SELECT RAISE(ABORT, 'operation-missing') WHERE NOT EXISTS (SELECT 1 FROM operations WHERE id = NEW.operation_id);

  UPDATE operations SET row_id = NEW.id WHERE id = NEW.operation_id AND row_id IS NULL;
  INSERT INTO audit (at, actor_id, action, request_id, changes)
  SELECT at, actor_id, 'closure', request_id, json_object(
    'name', json_array(NULL, NEW.name),
    'start_date', json_array(NULL, NEW.start_at), 'end_date', json_array(NULL, NEW.end_at))
  FROM operations WHERE id = NEW.operation_id;
END;

CREATE TRIGGER closures_updated AFTER UPDATE ON closures
BEGIN
  SELECT RAISE(ABORT, 'closures-stay')
  WHERE OLD.deleted_at IS NOT NULL OR NEW.deleted_at IS NULL
     OR (NEW.id, NEW.name, NEW.start_at, NEW.end_at) <> (OLD.id, OLD.name, OLD.start_at, OLD.end_at);
  SELECT RAISE(ABORT, 'operation-missing')
  WHERE NEW.operation_id = OLD.operation_id OR NOT EXISTS (SELECT 1 FROM operations WHERE id = NEW.operation_id);

  UPDATE operations SET row_id = NEW.id WHERE id = NEW.operation_id AND row_id IS NULL;
  INSERT INTO audit (at, actor_id, action, request_id, changes)
  SELECT at, actor_id, 'closure_end', request_id, json_object(
    'name', json_array(OLD.name, NULL),
    'start_date', json_array(OLD.start_at, NULL), 'end_date', json_array(OLD.end_at, NULL))
  FROM operations WHERE id = NEW.operation_id;
END;

CREATE TRIGGER closures_deleted BEFORE DELETE ON closures
BEGIN
  SELECT RAISE(ABORT, 'closures-stay');
END;

CREATE TRIGGER clinic_updated AFTER UPDATE ON clinic
BEGIN
  SELECT RAISE(ABORT, 'clinic-stays') WHERE (NEW.id, NEW.public_id) <> (OLD.id, OLD.public_id);
  SELECT RAISE(ABORT, 'calendar-version-must-count')
  WHERE NEW.calendar_version <> OLD.calendar_version + (NEW.time_zone <> OLD.time_zone);
  SELECT RAISE(ABORT, 'operation-missing')
  WHERE NEW.operation_id = OLD.operation_id OR NOT EXISTS (SELECT 1 FROM operations WHERE id = NEW.operation_id);

  DELETE FROM days WHERE NEW.time_zone <> OLD.time_zone;
  UPDATE operations SET row_id = NEW.id WHERE id = NEW.operation_id AND row_id IS NULL;
  INSERT INTO audit (at, actor_id, action, request_id, changes)
  SELECT at, actor_id, 'policy', request_id, changes
  FROM operations, (
    SELECT json_group_object(member, json_array(json(before), json(after))) AS changes
    FROM (
      SELECT member, json_quote(before) AS before, json_quote(after) AS after FROM (
        SELECT 'name' AS member, OLD.name AS before, NEW.name AS after
        UNION ALL SELECT 'time_zone', OLD.time_zone, NEW.time_zone
        UNION ALL SELECT 'min_duration', OLD.min_duration, NEW.min_duration
        UNION ALL SELECT 'max_duration', OLD.max_duration, NEW.max_duration
        UNION ALL SELECT 'max_appointments_per_day', OLD.max_appointments_per_day, NEW.max_appointments_per_day
        UNION ALL SELECT 'max_booked_mins_per_day', OLD.max_booked_mins_per_day, NEW.max_booked_mins_per_day
        UNION ALL SELECT 'booking_horizon_days', OLD.booking_horizon_days, NEW.booking_horizon_days
        UNION ALL SELECT 'booking_notice', OLD.booking_notice, NEW.booking_notice
        UNION ALL SELECT 'slot_step', OLD.slot_step, NEW.slot_step
        UNION ALL SELECT 'patient_cancel_notice', OLD.patient_cancel_notice, NEW.patient_cancel_notice
        UNION ALL SELECT 'patient_reschedule_notice', OLD.patient_reschedule_notice, NEW.patient_reschedule_notice
        UNION ALL SELECT 'max_open_bookings', OLD.max_open_bookings, NEW.max_open_bookings
        UNION ALL SELECT 'phone', OLD.phone, NEW.phone UNION ALL SELECT 'email', OLD.email, NEW.email
        UNION ALL SELECT 'address', OLD.address, NEW.address UNION ALL SELECT 'language', OLD.language, NEW.language)
      UNION ALL SELECT 'reminder_minutes', OLD.reminder_minutes, NEW.reminder_minutes
      UNION ALL SELECT 'quiet_hours',
        iif(OLD.quiet_start IS NULL, 'null', json_object('start', strftime('%H:%M', OLD.quiet_start * 60, 'unixepoch'),
          'end', strftime('%H:%M', OLD.quiet_end * 60, 'unixepoch'))),
        iif(NEW.quiet_start IS NULL, 'null', json_object('start', strftime('%H:%M', NEW.quiet_start * 60, 'unixepoch'),
          'end', strftime('%H:%M', NEW.quiet_end * 60, 'unixepoch')))
      UNION ALL SELECT 'require_verified_email', iif(OLD.require_verified_email, 'true', 'false'),
        iif(NEW.require_verified_email, 'true', 'false'))
    WHERE before IS NOT after)
  WHERE operations.id = NEW.operation_id AND changes <> '{}';
END;

CREATE TRIGGER type_changes_inserted INSTEAD OF INSERT ON type_changes
BEGIN
  SELECT RAISE(ABORT, 'operation-missing') WHERE NOT EXISTS (SELECT 1 FROM operations WHERE id = NEW.operation_id);
  SELECT RAISE(ABORT, 'not-a-doctor')
  WHERE EXISTS (
    SELECT 1 FROM json_each(NEW.doctors) WHERE NOT EXISTS (
      SELECT 1 FROM people WHERE people.id = json_each.value AND account_type = 'Doctor'));
  SELECT RAISE(ABORT, 'invalid-times') FROM clinic
  WHERE NEW.after ->> 'duration' IS NOT NEW.before ->> 'duration'
    AND NEW.after ->> 'duration' NOT BETWEEN min_duration AND max_duration;
  UPDATE operations SET row_id = NEW.type_id WHERE id = NEW.operation_id AND row_id IS NULL;
  INSERT INTO audit (at, actor_id, action, request_id, changes)
  SELECT at, actor_id, 'type', request_id, changes
  FROM operations, (
    SELECT json_group_object(key, json_array(json(before), json(after))) AS changes
    FROM (
      SELECT after.key, NEW.before -> after.key AS before, NEW.after -> after.key AS after FROM json_each(NEW.after) AS after)
    WHERE key = 'id' OR before IS NOT after)
  WHERE operations.id = NEW.operation_id AND NEW.before <> NEW.after;
END;

CREATE TRIGGER appointment_types_inserted AFTER INSERT ON appointment_types
BEGIN
  INSERT INTO type_changes
  SELECT NEW.operation_id, NEW.id, coalesce(NEW.doctors, '[]'), '{}', document FROM type_documents WHERE id = NEW.id;
END;

CREATE TRIGGER appointment_types_updated AFTER UPDATE ON appointment_types
BEGIN
  SELECT RAISE(ABORT, 'types-stay') WHERE NEW.id <> OLD.id OR NEW.operation_id = OLD.operation_id;
  INSERT INTO type_changes
  SELECT NEW.operation_id, NEW.id, coalesce(NEW.doctors, '[]'), json_object(
      'id', OLD.id, 'name', OLD.name, 'duration', OLD.duration, 'buffer_before', OLD.buffer_before,
      'buffer_after', OLD.buffer_after, 'bookable_by', OLD.bookable_by, 'active',
      json(iif(OLD.active, 'true', 'false')), 'doctors', json(OLD.doctors)), document
  FROM type_documents WHERE id = NEW.id;
END;

CREATE TRIGGER appointment_types_deleted BEFORE DELETE ON appointment_types
BEGIN
  SELECT RAISE(ABORT, 'types-stay');
END;

CREATE TRIGGER booking_rules_time INSTEAD OF INSERT ON booking_rules
BEGIN
  SELECT RAISE(ABORT, 'invalid-times') FROM clinic
  WHERE NEW.duration NOT BETWEEN min_duration AND max_duration
     OR iif(NEW.by_staff AND NEW.is_new, NEW.start_at < NEW.now - 3600, NEW.start_at <= NEW.now)
     OR NEW.start_at > NEW.now + iif(NEW.by_staff, max(booking_horizon_days, 730), booking_horizon_days) * 86400
     OR NOT NEW.by_staff AND NEW.start_at < NEW.now + booking_notice * 60;
  -- After rule 1, so that programs add only days that can be booked. An appointment over midnight needs the next day as well.
  SELECT RAISE(ABORT, 'day-unknown')
  WHERE NEW.day_end IS NULL OR NEW.day_end <= NEW.start_at
     OR NEW.day_end < NEW.start_at + NEW.duration * 60 AND NOT EXISTS (SELECT 1 FROM days WHERE start_at = NEW.day_end);
  SELECT RAISE(ABORT, 'not-a-patient')
  WHERE NOT EXISTS (
    SELECT 1 FROM people
    WHERE id = NEW.patient_id AND account_type = 'Patient' AND erased_at IS NULL AND merged_into IS NULL);
  SELECT RAISE(ABORT, 'doctor-not-active')
  WHERE NOT EXISTS (SELECT 1 FROM people WHERE id = NEW.doctor_id AND account_type = 'Doctor' AND active = 1);
  -- Hours that end at midnight and hours that start then are one stretch.
  SELECT RAISE(ABORT, 'out-of-hours')
  WHERE NOT NEW.overridden AND (
    NOT EXISTS (
      SELECT 1 FROM doctor_hours
      WHERE doctor_id = NEW.doctor_id AND day_start = NEW.day_start AND start_at <= NEW.start_at
        AND end_at >= min(NEW.start_at + NEW.duration * 60, NEW.day_end))
    OR NEW.start_at + NEW.duration * 60 > NEW.day_end AND NOT EXISTS (
      SELECT 1 FROM doctor_hours
      WHERE doctor_id = NEW.doctor_id AND day_start = NEW.day_end AND start_at = NEW.day_end
        AND end_at >= NEW.start_at + NEW.duration * 60));
  SELECT RAISE(ABORT, 'closed')
  WHERE EXISTS (
    SELECT 1 FROM closures
    WHERE deleted_at IS NULL AND end_at > NEW.start_at AND start_at < NEW.start_at + NEW.duration * 60);
  SELECT RAISE(ABORT, 'time-off')
  WHERE EXISTS (
    SELECT 1 FROM time_off
    WHERE doctor_id = NEW.doctor_id AND deleted_at IS NULL
      AND end_at > NEW.start_at AND start_at < NEW.start_at + NEW.duration * 60);
END;

CREATE TRIGGER booking_rules_conflicts INSTEAD OF INSERT ON booking_rules
BEGIN
  SELECT RAISE(ABORT, 'doctor-busy')
  WHERE NEW.busy_from < (
    SELECT busy_until FROM appointments
    WHERE doctor_id = NEW.doctor_id AND cancelled = 0 AND id <> NEW.id AND start_at <= NEW.start_at
    ORDER BY start_at DESC LIMIT 1)
  OR NEW.busy_until > (
    SELECT busy_from FROM appointments
    WHERE doctor_id = NEW.doctor_id AND cancelled = 0 AND id <> NEW.id AND start_at >= NEW.start_at
    ORDER BY start_at LIMIT 1);
  SELECT RAISE(ABORT, 'patient-busy')
  WHERE NEW.start_at < (
    SELECT start_at + duration * 60 FROM appointments
    WHERE patient_id = NEW.patient_id AND cancelled = 0 AND id <> NEW.id
      AND start_at < NEW.start_at + NEW.duration * 60
    ORDER BY start_at DESC LIMIT 1);
  SELECT RAISE(ABORT, 'doctor-day-full')
  FROM clinic, (
    SELECT count(*) AS appointments, total(duration) AS booked_mins FROM appointments
    WHERE doctor_id = NEW.doctor_id AND cancelled = 0 AND id <> NEW.id
      AND start_at >= NEW.day_start AND start_at < NEW.day_end) AS day
  WHERE NOT NEW.overridden
    AND (day.appointments >= max_appointments_per_day OR day.booked_mins + NEW.duration > max_booked_mins_per_day);
END;

CREATE TRIGGER appointments_inserted AFTER INSERT ON appointments
BEGIN
  SELECT RAISE(ABORT, 'appointments-stay')
  WHERE NEW.version <> 1 OR NEW.status IN ('Cancelled', 'Done', 'NoShow')
     OR EXISTS (SELECT 1 FROM audit WHERE appointment_id = NEW.id);
  SELECT RAISE(ABORT, 'idempotency-key-taken')
  WHERE EXISTS (
    SELECT 1 FROM appointments
    WHERE booked_by = NEW.booked_by AND idempotency_key = NEW.idempotency_key AND id <> NEW.id);
  SELECT RAISE(ABORT, 'operation-missing') WHERE NOT EXISTS (SELECT 1 FROM operations WHERE id = NEW.operation_id);
  -- Before the rules about the time: whether the account may book this at all comes first.
  SELECT RAISE(ABORT, 'email-not-verified') FROM clinic, people JOIN logins ON person_id = people.id
  WHERE people.id = NEW.booked_by AND account_type = 'Patient' AND require_verified_email = 1 AND verified_at IS NULL;
  SELECT RAISE(ABORT, 'not-their-patient') FROM people
  WHERE people.id = NEW.booked_by AND account_type = 'Patient' AND NEW.patient_id <> NEW.booked_by
    AND NOT EXISTS (
      SELECT 1 FROM guardians
      WHERE guardians.patient_id = NEW.patient_id AND account_id = NEW.booked_by AND guardians.active = 1);
  SELECT RAISE(ABORT, 'override-not-allowed')
  WHERE NEW.overridden AND NOT EXISTS (
    SELECT 1 FROM people WHERE id = NEW.booked_by AND account_type IN ('Admin', 'Receptionist'));
  SELECT RAISE(ABORT, 'type-not-bookable')
  WHERE NEW.type_id IS NOT NULL AND NOT EXISTS (
    SELECT 1 FROM appointment_types
    WHERE id = NEW.type_id AND active = 1 AND duration = NEW.duration
      AND NEW.busy_from = NEW.start_at - buffer_before * 60
      AND NEW.busy_until = NEW.start_at + (NEW.duration + buffer_after) * 60
      AND (doctors IS NULL OR NEW.doctor_id IN (SELECT value FROM json_each(doctors)))
      AND (bookable_by = 'Anyone'
           OR EXISTS (SELECT 1 FROM people WHERE people.id = NEW.booked_by AND account_type <> 'Patient')));
  INSERT INTO booking_rules
  SELECT NEW.id, NEW.doctor_id, NEW.patient_id, NEW.start_at, NEW.duration, NEW.busy_from, NEW.busy_until,
    EXISTS (SELECT 1 FROM people WHERE people.id = NEW.booked_by AND account_type <> 'Patient'), 1, NEW.overridden,
    at, days.start_at, end_at
  FROM operations LEFT JOIN days ON days.start_at = (SELECT max(start_at) FROM days WHERE start_at <= NEW.start_at)
  WHERE operations.id = NEW.operation_id;
  SELECT RAISE(ABORT, 'too-many-open-bookings') FROM clinic, operations
  WHERE operations.id = NEW.operation_id
    AND EXISTS (SELECT 1 FROM people WHERE id = NEW.booked_by AND account_type = 'Patient')
    AND max_open_bookings < (
      SELECT count(*) FROM appointments
      WHERE patient_id IN (
          SELECT NEW.booked_by
          UNION ALL SELECT patient_id FROM guardians WHERE account_id = NEW.booked_by AND guardians.active = 1)
        AND cancelled = 0 AND start_at > at AND status = 'Booked');

  UPDATE operations SET row_id = NEW.id WHERE id = NEW.operation_id AND row_id IS NULL;
  INSERT INTO audit (at, actor_id, action, appointment_id, request_id, changes)
  SELECT at, actor_id, 'book', NEW.id, request_id, iif(NEW.overridden, '{"override":[false,true],"reason":null}', NULL)
  FROM operations WHERE id = NEW.operation_id;
END;

CREATE TRIGGER corrections_inserted INSTEAD OF INSERT ON corrections
BEGIN
  SELECT RAISE(ABORT, 'day-unknown')
  WHERE NOT EXISTS (SELECT 1 FROM days WHERE start_at <= NEW.now AND end_at > NEW.now);
  SELECT RAISE(ABORT, 'appointment-day-over')
  WHERE NEW.start_at < (SELECT max(start_at) FROM days WHERE start_at <= NEW.now);
  SELECT RAISE(ABORT, 'appointment-on-another-day')
  WHERE NEW.start_at >= (SELECT end_at FROM days WHERE start_at <= NEW.now ORDER BY start_at DESC LIMIT 1);
END;

CREATE TRIGGER appointment_changes_inserted INSTEAD OF INSERT ON appointment_changes
BEGIN
  UPDATE operations SET row_id = NEW.appointment_id WHERE id = NEW.operation_id AND row_id IS NULL;
  INSERT INTO audit (at, actor_id, action, appointment_id, request_id, changes)
  SELECT at, actor_id, action, NEW.appointment_id, request_id, changes
  FROM operations, (
    SELECT CASE
      WHEN NEW.patients ->> 0 <> NEW.patients ->> 1 THEN 'merge'
      WHEN NEW.status = NEW.old_status AND NEW.rescheduled THEN 'reschedule'
      WHEN NEW.status = NEW.old_status THEN iif(NEW.arrivals ->> 0 IS NOT NEW.arrivals ->> 1, 'arrival', 'note')
      WHEN NEW.status = 'Booked' THEN 'reopen'
      WHEN NEW.status = 'Cancelled' THEN 'cancel'
      WHEN NEW.status = 'Done' THEN 'done'
      WHEN NEW.status = 'NoShow' THEN 'no_show'
    END AS action), (
    SELECT json_group_object(member, json(change)) AS changes
    FROM (
      SELECT 'status' AS member, NEW.status <> NEW.old_status AS is_changed,
        json_array(NEW.old_status, NEW.status) AS change
      UNION ALL SELECT 'doctor_id', NEW.doctors ->> 0 <> NEW.doctors ->> 1, NEW.doctors
      UNION ALL SELECT 'start_date', NEW.starts ->> 0 <> NEW.starts ->> 1, NEW.starts
      UNION ALL SELECT 'duration', NEW.durations ->> 0 <> NEW.durations ->> 1, NEW.durations
      UNION ALL SELECT 'patient_id', NEW.patients ->> 0 <> NEW.patients ->> 1, NEW.patients
      UNION ALL SELECT 'arrived_at', NEW.arrivals ->> 0 IS NOT NEW.arrivals ->> 1, NEW.arrivals
      UNION ALL SELECT 'reason', NEW.status = 'Cancelled' AND NEW.reason, 'null'
      UNION ALL SELECT 'note', NEW.note, 'null')
    WHERE is_changed)
  WHERE id = NEW.operation_id
    AND (NEW.status <> NEW.old_status OR NEW.rescheduled OR NEW.note OR NEW.patients ->> 0 <> NEW.patients ->> 1
      OR NEW.arrivals ->> 0 IS NOT NEW.arrivals ->> 1);
END;

CREATE TRIGGER appointments_updated AFTER UPDATE ON appointments
BEGIN
  SELECT RAISE(ABORT, 'appointments-stay') FROM people
  WHERE people.id = OLD.patient_id AND (
    (NEW.id, NEW.booked_by, NEW.overridden) <> (OLD.id, OLD.booked_by, OLD.overridden)
    OR (NEW.type_id, NEW.series_id) IS NOT (OLD.type_id, OLD.series_id)
    OR (NEW.type_id IS NOT NULL AND NEW.duration <> OLD.duration)
    OR (NEW.start_at - NEW.busy_from, NEW.busy_until - NEW.start_at - NEW.duration * 60)
       <> (OLD.start_at - OLD.busy_from, OLD.busy_until - OLD.start_at - OLD.duration * 60)
    OR NEW.patient_id <> OLD.patient_id AND merged_into IS NOT NEW.patient_id
    OR (NEW.idempotency_key, NEW.requested_start_at, NEW.requested_duration, NEW.override_reason)
       IS NOT (OLD.idempotency_key, OLD.requested_start_at, OLD.requested_duration, OLD.override_reason)
       AND (NEW.idempotency_key IS NOT NULL OR NEW.override_reason IS NOT NULL OR erased_at IS NULL));
  SELECT RAISE(ABORT, 'appointment-has-ended') FROM people
  WHERE people.id = OLD.patient_id AND (
    OLD.status <> 'Booked' AND (
      NEW.status = 'Cancelled' AND OLD.status <> 'Cancelled'
      OR (NEW.reschedules, NEW.doctor_id, NEW.start_at, NEW.duration)
         <> (OLD.reschedules, OLD.doctor_id, OLD.start_at, OLD.duration))
    OR OLD.status = 'Cancelled' AND (
      NEW.status <> 'Cancelled'
      OR NEW.patient_id = OLD.patient_id AND (erased_at IS NULL OR NEW.reason IS NOT NULL OR NEW.note IS NOT NULL)));
  SELECT RAISE(ABORT, 'version-must-count') WHERE NEW.version <> OLD.version + 1;
  SELECT RAISE(ABORT, 'appointment-not-started') FROM operations
  WHERE id = NEW.operation_id AND NEW.status IN ('Done', 'NoShow') AND NEW.status <> OLD.status AND OLD.start_at > at;
  SELECT RAISE(ABORT, 'appointment-has-started') FROM operations
  WHERE id = NEW.operation_id AND OLD.start_at <= at
    AND (NEW.reschedules, NEW.doctor_id, NEW.start_at, NEW.duration)
        <> (OLD.reschedules, OLD.doctor_id, OLD.start_at, OLD.duration);
  SELECT RAISE(ABORT, 'operation-missing')
  WHERE NEW.operation_id = OLD.operation_id OR NOT EXISTS (SELECT 1 FROM operations WHERE id = NEW.operation_id);
  SELECT RAISE(ABORT, 'appointment-has-ended') WHERE NEW.arrived_at IS NOT NULL AND NEW.arrived_at IS NOT OLD.arrived_at
    AND NEW.status <> 'Booked';
  INSERT INTO corrections
  SELECT at, OLD.start_at FROM operations
  WHERE id = NEW.operation_id
    AND (OLD.start_at <= at AND NEW.status <> OLD.status AND NEW.status IN ('Booked', 'Cancelled')
      OR NEW.arrived_at IS NOT OLD.arrived_at AND NEW.start_at = OLD.start_at);
  INSERT INTO booking_rules
  SELECT NEW.id, NEW.doctor_id, NEW.patient_id, NEW.start_at, NEW.duration, NEW.busy_from, NEW.busy_until,
    EXISTS (SELECT 1 FROM people WHERE people.id = actor_id AND account_type <> 'Patient'), 0, 0,
    at, days.start_at, end_at
  FROM operations LEFT JOIN days ON days.start_at = (SELECT max(start_at) FROM days WHERE start_at <= NEW.start_at)
  WHERE operations.id = NEW.operation_id
    AND (NEW.reschedules, NEW.doctor_id, NEW.start_at, NEW.duration, NEW.busy_from, NEW.busy_until)
        <> (OLD.reschedules, OLD.doctor_id, OLD.start_at, OLD.duration, OLD.busy_from, OLD.busy_until);
  SELECT RAISE(ABORT, 'type-not-bookable') FROM appointment_types
  WHERE id = NEW.type_id AND NEW.doctor_id <> OLD.doctor_id
    AND doctors IS NOT NULL AND NEW.doctor_id NOT IN (SELECT value FROM json_each(doctors));
  -- An appointment that ended more than an hour ago cannot overlap one that is booked later.
  SELECT RAISE(ABORT, 'patients-overlap') FROM operations
  WHERE operations.id = NEW.operation_id AND NEW.patient_id <> OLD.patient_id AND NEW.cancelled = 0
    AND NEW.start_at + NEW.duration * 60 > at - 3600
    AND EXISTS (
      SELECT 1 FROM appointments
      WHERE patient_id = NEW.patient_id AND cancelled = 0 AND appointments.id <> NEW.id
        AND start_at > NEW.start_at - 86400 AND start_at < NEW.start_at + NEW.duration * 60
        AND start_at + duration * 60 > max(NEW.start_at, at - 3600));

  INSERT INTO appointment_changes
  SELECT NEW.operation_id, NEW.id, OLD.status, NEW.status,
    (NEW.reschedules, NEW.doctor_id, NEW.start_at, NEW.duration)
      <> (OLD.reschedules, OLD.doctor_id, OLD.start_at, OLD.duration),
    json_array(OLD.doctor_id, NEW.doctor_id), json_array(OLD.start_at, NEW.start_at),
    json_array(OLD.duration, NEW.duration), json_array(OLD.patient_id, NEW.patient_id),
    json_array(OLD.arrived_at, NEW.arrived_at), NEW.reason IS NOT OLD.reason,
    NEW.note IS NOT OLD.note AND erased_at IS NULL
  FROM people WHERE people.id = NEW.patient_id;
END;

CREATE TRIGGER plan_steps_inserted INSTEAD OF INSERT ON plan_steps
BEGIN
  SELECT RAISE(ABORT, 'appointment-not-affected') WHERE NEW.appointment_id IS NULL;
  SELECT RAISE(ABORT, 'appointment-not-planned')
  WHERE NOT NEW.cancels AND NEW.start_at IS NULL AND NEW.doctor_id IS NULL;

  UPDATE appointments SET status = 'Cancelled', reason = NEW.reason, version = version + 1, operation_id = NEW.operation_id
  WHERE id = NEW.appointment_id AND NEW.cancels;
  UPDATE appointments SET
    doctor_id = coalesce(NEW.doctor_id, doctor_id),
    start_at = coalesce(NEW.start_at, start_at),
    busy_from = busy_from + coalesce(NEW.start_at, start_at) - start_at,
    busy_until = busy_until + coalesce(NEW.start_at, start_at) - start_at,
    version = version + 1,
    reschedules = reschedules + 1,
    confirmed_at = NULL,
    arrived_at = NULL,
    operation_id = NEW.operation_id
  WHERE id = NEW.appointment_id AND NOT NEW.cancels;
END;
