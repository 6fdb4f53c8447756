-- The schema as the migrations leave it: tables with their indexes, views, and triggers. For reading:
-- `make schema` writes it from a migrated database, and a test holds it to what is applied.

CREATE TABLE migrations (
  version         INTEGER NOT NULL,
  step            INTEGER NOT NULL,
  name            TEXT    NOT NULL,
  -- The oldest version whose programs can use the schema from here on.
  compatible_from INTEGER NOT NULL,
  applied_at      INTEGER NOT NULL DEFAULT (unixepoch()),
  PRIMARY KEY (version, step)
) WITHOUT ROWID, STRICT;

CREATE TABLE clinic (
  id                       INTEGER PRIMARY KEY CHECK (id = 1),
  name                     TEXT    NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
  -- An IANA name. It decides what a day is.
  time_zone                TEXT    NOT NULL,
  -- Counts the changes of time_zone. A program keeps the zone in memory; a statement that relies
  -- on it carries the version it was read with.
  calendar_version         INTEGER NOT NULL DEFAULT 1,
  min_duration             INTEGER NOT NULL CHECK (min_duration >= 1),
  -- A day bounds every duration, and so what one appointment can touch.
  max_duration             INTEGER NOT NULL CHECK (max_duration BETWEEN min_duration AND 1440),
  max_appointments_per_day INTEGER NOT NULL CHECK (max_appointments_per_day BETWEEN 0 AND 1440),
  max_booked_mins_per_day  INTEGER NOT NULL CHECK (max_booked_mins_per_day BETWEEN 0 AND 1440),
  -- Ten years, so that no sum of dates leaves the calendar.
  booking_horizon_days     INTEGER NOT NULL CHECK (booking_horizon_days BETWEEN 1 AND 3660),
  slot_step                INTEGER NOT NULL CHECK (slot_step BETWEEN 1 AND 1440),
  -- Minutes before the start; NULL: Patients cannot cancel.
  patient_cancel_notice    INTEGER CHECK (patient_cancel_notice BETWEEN 0 AND 525600)
, write_id TEXT) STRICT;

CREATE TABLE accounts (
  id            INTEGER PRIMARY KEY,
  account_type  TEXT    NOT NULL CHECK (account_type IN ('Patient', 'Doctor', 'Admin')),
  name          TEXT    NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
  -- In lower case, to search in. Lower case is the program's, here and in the other keys: SQLite's
  -- knows ASCII only.
  name_key      TEXT    NOT NULL,
  -- As it was written, for people to read.
  email         TEXT    NOT NULL,
  -- In lower case, to look it up by: an email is one account's in whatever case.
  email_key     TEXT    NOT NULL UNIQUE,
  -- A PHC string. That it is a hash at all is checked, in case a program ever mistakes it.
  password_hash TEXT    NOT NULL CHECK (password_hash GLOB '$argon2id$*'),
  -- A token carries the version it was signed under; raising it ends all tokens.
  token_version INTEGER NOT NULL DEFAULT 1,
  active        INTEGER NOT NULL DEFAULT 1 CHECK (active IN (0, 1)),
  specialty     TEXT,
  specialty_key TEXT,
  details       TEXT,
  created_at    INTEGER NOT NULL, write_id TEXT, kept_token INTEGER, signed_in_at INTEGER, registered_from TEXT, erased_at INTEGER,
  CHECK (account_type = 'Doctor' OR (specialty IS NULL AND details IS NULL)),
  CHECK ((specialty IS NULL) = (specialty_key IS NULL))
) STRICT;

CREATE INDEX accounts_by_type ON accounts (account_type, active, id);

CREATE INDEX accounts_by_source ON accounts (registered_from, created_at) WHERE registered_from IS NOT NULL;

CREATE TABLE working_hours (
  doctor_id    INTEGER NOT NULL REFERENCES accounts,
  weekday      INTEGER NOT NULL CHECK (weekday BETWEEN 1 AND 7),
  start_minute INTEGER NOT NULL CHECK (start_minute BETWEEN 0 AND 1439),
  end_minute   INTEGER NOT NULL CHECK (end_minute BETWEEN start_minute + 1 AND 1440),
  PRIMARY KEY (doctor_id, weekday, start_minute)
) STRICT, WITHOUT ROWID;

CREATE TABLE appointments (
  id         INTEGER PRIMARY KEY,
  -- That there is such a doctor and such a patient, and of that type, is checked below, and
  -- accounts are never deleted. A foreign key would check less, and scan this table for every
  -- new account.
  doctor_id  INTEGER NOT NULL,
  patient_id INTEGER NOT NULL,
  start_at   INTEGER NOT NULL CHECK (start_at % 60 = 0),
  duration   INTEGER NOT NULL CHECK (duration BETWEEN 1 AND 1440),
  status     TEXT    NOT NULL DEFAULT 'Booked'
             CHECK (status IN ('Booked', 'Cancelled', 'Done', 'NoShow')),
  reason     TEXT    CHECK (reason IS NULL OR status = 'Cancelled'),
  -- Counts the changes of the row.
  version    INTEGER NOT NULL DEFAULT 1,
  -- The writer's clock as it booked or moved the appointment: the present in "in the future".
  as_of      INTEGER NOT NULL,
  -- What the patient's program named the booking, and what it asked for then: a retry finds the
  -- first success by it, whatever has become of the appointment since.
  idempotency_key TEXT CHECK (length(idempotency_key) BETWEEN 1 AND 255),
  asked_start_at  INTEGER NOT NULL,
  asked_duration  INTEGER NOT NULL,

  -- The clinic's calendar day of the start, as the writer worked it out, since SQLite knows no
  -- zones: the triggers count and check within it. It is of use at the write only, and not
  -- changed when the clinic moves to another zone.
  calendar_version INTEGER NOT NULL,
  day_start  INTEGER NOT NULL CHECK (day_start <= start_at),
  day_end    INTEGER NOT NULL CHECK (start_at < day_end AND day_end - day_start BETWEEN 20 * 3600 AND 28 * 3600),
  weekday    INTEGER NOT NULL CHECK (weekday BETWEEN 1 AND 7),
  -- Where clocks change on that day: wall-clock minutes from shift_from on come shift seconds
  -- later (or earlier, if negative) than they otherwise would.
  shift_from INTEGER NOT NULL,
  shift      INTEGER NOT NULL CHECK (abs(shift) <= 4 * 3600)
, write_id TEXT) STRICT;

CREATE INDEX appointments_by_doctor ON appointments (doctor_id, start_at, duration) WHERE status <> 'Cancelled';

CREATE INDEX appointments_by_patient ON appointments (patient_id, start_at, duration, doctor_id) WHERE status <> 'Cancelled';

CREATE INDEX appointments_of_patient ON appointments (patient_id, start_at, id);

CREATE INDEX appointments_of_doctor ON appointments (doctor_id, start_at, id);

CREATE INDEX appointments_of_clinic ON appointments (start_at, id, status, doctor_id, duration);

CREATE UNIQUE INDEX appointments_by_key ON appointments (patient_id, idempotency_key) WHERE idempotency_key IS NOT NULL;

CREATE TABLE writes (
  write_id TEXT NOT NULL PRIMARY KEY,
  -- The row that was written; NULL: given up, and never to be made.
  row_id   INTEGER
) STRICT, WITHOUT ROWID;

CREATE TABLE time_off (
  id        INTEGER PRIMARY KEY AUTOINCREMENT,
  doctor_id INTEGER NOT NULL REFERENCES accounts,
  start_at  INTEGER NOT NULL CHECK (start_at % 60 = 0),
  end_at    INTEGER NOT NULL CHECK (end_at % 60 = 0 AND end_at > start_at),
  reason    TEXT,
  write_id  TEXT
) STRICT;

CREATE INDEX time_off_by_doctor ON time_off (doctor_id, end_at, start_at);

CREATE TABLE refused_registrations (
  name   TEXT    NOT NULL PRIMARY KEY,
  source TEXT    NOT NULL,
  at     INTEGER NOT NULL
) STRICT;

CREATE INDEX refused_registrations_by_source ON refused_registrations (source, at);

CREATE INDEX refused_registrations_by_time ON refused_registrations (at);

CREATE TABLE sign_in_attempts (
  name       TEXT    NOT NULL PRIMARY KEY,
  email_hash TEXT    NOT NULL,
  source     TEXT    NOT NULL,
  at         INTEGER NOT NULL
) STRICT;

CREATE INDEX sign_in_attempts_by_email ON sign_in_attempts (email_hash, source, at);

CREATE INDEX sign_in_attempts_by_source ON sign_in_attempts (source, at);

CREATE INDEX sign_in_attempts_by_time ON sign_in_attempts (at);

CREATE TABLE sign_in_sources (
  account_id INTEGER NOT NULL,
  source     TEXT    NOT NULL,
  at         INTEGER NOT NULL,
  PRIMARY KEY (account_id, source)
) STRICT, WITHOUT ROWID;

CREATE INDEX sign_in_sources_by_time ON sign_in_sources (at);

CREATE TABLE audit (
  id             INTEGER PRIMARY KEY AUTOINCREMENT,
  at             INTEGER NOT NULL,
  -- NULL: some other program than ours, or the migration.
  actor_id       INTEGER,
  action         TEXT    NOT NULL CHECK (action IN (
    'register', 'login', 'book', 'reschedule', 'cancel', 'done', 'no_show', 'deactivate', 'activate',
    'password', 'policy', 'working_hours', 'time_off', 'profile', 'erase')),
  appointment_id INTEGER,
  account_id     INTEGER,
  request_id     TEXT
) STRICT;

CREATE INDEX audit_by_time ON audit (at, id);

CREATE INDEX audit_of_action ON audit (action, at, id);

CREATE INDEX audit_of_actor ON audit (actor_id, at, id);

CREATE INDEX audit_of_account ON audit (account_id, at, id) WHERE account_id IS NOT NULL;

CREATE INDEX audit_of_appointment ON audit (appointment_id, at, id) WHERE appointment_id IS NOT NULL;

CREATE VIEW weeks AS SELECT id AS doctor_id, NULL AS hours FROM accounts WHERE account_type = 'Doctor';

CREATE VIEW rules AS
SELECT id, doctor_id, patient_id, start_at, duration, as_of,
  calendar_version, day_start, day_end, weekday, shift_from, shift
FROM appointments WHERE FALSE;

CREATE VIEW time_off_endings AS SELECT id, write_id FROM time_off WHERE FALSE;

CREATE VIEW week_replacements AS SELECT doctor_id, hours, NULL AS write_id FROM weeks WHERE FALSE;

CREATE VIEW sign_ins AS
SELECT id AS account_id, NULL AS attempt, NULL AS source, NULL AS at, NULL AS password_hash, NULL AS write_id
FROM accounts WHERE FALSE;

CREATE VIEW password_changes AS
SELECT id AS account_id, NULL AS attempt, NULL AS password_hash, NULL AS token_id, NULL AS write_id
FROM accounts WHERE FALSE;

CREATE VIEW trail AS SELECT NULL AS write_id, action, appointment_id, account_id FROM audit WHERE FALSE;

CREATE TRIGGER clinic_counts_its_calendars AFTER UPDATE OF time_zone ON clinic
WHEN NEW.time_zone <> OLD.time_zone AND NEW.calendar_version = OLD.calendar_version
BEGIN
  UPDATE clinic SET calendar_version = OLD.calendar_version + 1;
END;

CREATE TRIGGER calendars_only_go_on BEFORE UPDATE OF calendar_version ON clinic
WHEN NEW.calendar_version NOT IN (OLD.calendar_version, OLD.calendar_version + 1)
BEGIN
  SELECT RAISE(ABORT, 'calendars-only-go-on');
END;

CREATE TRIGGER clinic_stays BEFORE DELETE ON clinic
BEGIN
  SELECT RAISE(ABORT, 'clinic-stays');
END;

CREATE TRIGGER clinic_is_not_replaced BEFORE INSERT ON clinic
BEGIN
  SELECT RAISE(ABORT, 'clinic-stays');
END;

CREATE TRIGGER accounts_stay_what_they_are BEFORE UPDATE OF id, account_type ON accounts
WHEN NEW.id <> OLD.id OR NEW.account_type <> OLD.account_type
BEGIN
  SELECT RAISE(ABORT, 'accounts-stay-what-they-are');
END;

CREATE TRIGGER accounts_stay BEFORE DELETE ON accounts
BEGIN
  SELECT RAISE(ABORT, 'accounts-stay');
END;

CREATE TRIGGER accounts_are_not_replaced BEFORE INSERT ON accounts
BEGIN
  SELECT RAISE(ABORT, 'accounts-stay') WHERE EXISTS (SELECT 1 FROM accounts WHERE id = NEW.id);
  SELECT RAISE(ABORT, 'email-taken') WHERE EXISTS (SELECT 1 FROM accounts WHERE email_key = NEW.email_key);
END;

CREATE TRIGGER emails_are_not_taken_over BEFORE UPDATE OF email_key ON accounts
BEGIN
  SELECT RAISE(ABORT, 'email-taken')
  WHERE EXISTS (SELECT 1 FROM accounts WHERE email_key = NEW.email_key AND id <> NEW.id);
END;

CREATE TRIGGER doctors_start_with_working_hours AFTER INSERT ON accounts
WHEN NEW.account_type = 'Doctor'
BEGIN
  INSERT INTO working_hours
  SELECT NEW.id, value, 480, 1080 FROM json_each('[1,2,3,4,5,6,7]');
END;

CREATE TRIGGER weeks_are_replaced INSTEAD OF INSERT ON weeks
BEGIN
  DELETE FROM working_hours WHERE doctor_id = NEW.doctor_id;
  INSERT INTO working_hours
  SELECT NEW.doctor_id, value ->> 'weekday', value ->> 'start_minute', value ->> 'end_minute'
  FROM json_each(NEW.hours);
END;

CREATE TRIGGER working_hours_are_apart BEFORE INSERT ON working_hours
BEGIN
  SELECT RAISE(ABORT, 'working-hours-overlap')
  WHERE EXISTS (
    SELECT 1 FROM working_hours
    WHERE doctor_id = NEW.doctor_id AND weekday = NEW.weekday
      AND start_minute <= NEW.end_minute AND NEW.start_minute <= end_minute);
END;

CREATE TRIGGER working_hours_stay_apart BEFORE UPDATE ON working_hours
BEGIN
  SELECT RAISE(ABORT, 'working-hours-overlap')
  WHERE EXISTS (
    SELECT 1 FROM working_hours
    WHERE doctor_id = NEW.doctor_id AND weekday = NEW.weekday
      AND (doctor_id, weekday, start_minute) <> (OLD.doctor_id, OLD.weekday, OLD.start_minute)
      AND start_minute <= NEW.end_minute AND NEW.start_minute <= end_minute);
END;

CREATE TRIGGER bookings_keep_the_rules INSTEAD OF INSERT ON rules
BEGIN
  SELECT RAISE(ABORT, 'calendar-changed') FROM clinic
  WHERE NEW.calendar_version <> calendar_version;

  -- 1. A duration and a start that the policy allows.
  SELECT RAISE(ABORT, 'invalid-times') FROM clinic
  WHERE NEW.duration NOT BETWEEN min_duration AND max_duration
     OR NEW.start_at <= NEW.as_of
     OR NEW.start_at > NEW.as_of + booking_horizon_days * 86400;

  -- 2. An active doctor, at work and not away. (And a patient who is one.)
  SELECT RAISE(ABORT, 'not-a-patient')
  WHERE NOT EXISTS (SELECT 1 FROM accounts WHERE id = NEW.patient_id AND account_type = 'Patient');
  SELECT RAISE(ABORT, 'doctor-not-active')
  WHERE NOT EXISTS (SELECT 1 FROM accounts WHERE id = NEW.doctor_id AND account_type = 'Doctor' AND active = 1);
  SELECT RAISE(ABORT, 'out-of-hours')
  WHERE NOT EXISTS (
    SELECT 1 FROM working_hours
    WHERE doctor_id = NEW.doctor_id AND weekday = NEW.weekday
      AND NEW.day_start + start_minute * 60 + iif(start_minute >= NEW.shift_from, NEW.shift, 0) <= NEW.start_at
      AND min(NEW.day_start + end_minute * 60 + iif(end_minute >= NEW.shift_from, NEW.shift, 0), NEW.day_end)
          >= NEW.start_at + NEW.duration * 60);

  SELECT RAISE(ABORT, 'time-off')
  WHERE EXISTS (
    SELECT 1 FROM time_off
    WHERE doctor_id = NEW.doctor_id AND end_at > NEW.start_at AND start_at < NEW.start_at + NEW.duration * 60);

  -- 3. No overlap, back to back being none.
  SELECT RAISE(ABORT, 'doctor-busy')
  WHERE NEW.start_at < (
    SELECT start_at + duration * 60 FROM appointments
    WHERE doctor_id = NEW.doctor_id AND status <> 'Cancelled' AND id IS NOT NEW.id
      AND start_at < NEW.start_at + NEW.duration * 60
    ORDER BY start_at DESC LIMIT 1);
  SELECT RAISE(ABORT, 'patient-busy')
  WHERE NEW.start_at < (
    SELECT start_at + duration * 60 FROM appointments
    WHERE patient_id = NEW.patient_id AND status <> 'Cancelled' AND id IS NOT NEW.id
      AND start_at < NEW.start_at + NEW.duration * 60
    ORDER BY start_at DESC LIMIT 1);

  -- 4. Room in the doctor's day.
  SELECT RAISE(ABORT, 'doctor-day-full')
  FROM clinic, (
    SELECT count(*) AS appointments, total(duration) AS booked_mins FROM appointments
    WHERE doctor_id = NEW.doctor_id AND status <> 'Cancelled' AND id IS NOT NEW.id
      AND start_at >= NEW.day_start AND start_at < NEW.day_end) AS day
  WHERE day.appointments >= max_appointments_per_day
     OR day.booked_mins + NEW.duration > max_booked_mins_per_day;
END;

CREATE TRIGGER bookings_are_checked BEFORE INSERT ON appointments
BEGIN
  SELECT RAISE(ABORT, 'appointments-stay') WHERE EXISTS (SELECT 1 FROM appointments WHERE id = NEW.id);
  SELECT RAISE(ABORT, 'idempotency-key-taken')
  WHERE EXISTS (
    SELECT 1 FROM appointments WHERE patient_id = NEW.patient_id AND idempotency_key = NEW.idempotency_key);
  INSERT INTO rules VALUES (
    NEW.id, NEW.doctor_id, NEW.patient_id, NEW.start_at, NEW.duration, NEW.as_of,
    NEW.calendar_version, NEW.day_start, NEW.day_end, NEW.weekday, NEW.shift_from, NEW.shift);
END;

CREATE TRIGGER moves_are_checked BEFORE UPDATE OF start_at, duration ON appointments
BEGIN
  INSERT INTO rules VALUES (
    NEW.id, NEW.doctor_id, NEW.patient_id, NEW.start_at, NEW.duration, NEW.as_of,
    NEW.calendar_version, NEW.day_start, NEW.day_end, NEW.weekday, NEW.shift_from, NEW.shift);
END;

CREATE TRIGGER appointments_stay BEFORE DELETE ON appointments
BEGIN
  SELECT RAISE(ABORT, 'appointments-stay');
END;

CREATE TRIGGER time_off_stays_as_it_is BEFORE UPDATE ON time_off
BEGIN
  SELECT RAISE(ABORT, 'time-off-stays-as-it-is');
END;

CREATE TRIGGER time_off_keeps_appointments BEFORE INSERT ON time_off
BEGIN
  SELECT RAISE(ABORT, 'time-off-over-appointments')
  WHERE EXISTS (
    SELECT 1 FROM appointments
    WHERE doctor_id = NEW.doctor_id AND status = 'Booked' AND status <> 'Cancelled'
      AND start_at > NEW.start_at - 86400 AND start_at < NEW.end_at
      AND start_at + duration * 60 > NEW.start_at);
END;

CREATE TRIGGER bookings_are_noted AFTER INSERT ON appointments WHEN NEW.write_id IS NOT NULL
BEGIN
  INSERT INTO writes VALUES (NEW.write_id, NEW.id);
END;

CREATE TRIGGER changes_are_noted AFTER UPDATE OF write_id ON appointments WHEN NEW.write_id IS NOT NULL
BEGIN
  INSERT INTO writes VALUES (NEW.write_id, NEW.id);
END;

CREATE TRIGGER accounts_are_noted AFTER INSERT ON accounts WHEN NEW.write_id IS NOT NULL
BEGIN
  INSERT INTO writes VALUES (NEW.write_id, NEW.id);
END;

CREATE TRIGGER profiles_are_noted AFTER UPDATE OF write_id ON accounts WHEN NEW.write_id IS NOT NULL
BEGIN
  INSERT INTO writes VALUES (NEW.write_id, NEW.id);
END;

CREATE TRIGGER policies_are_noted AFTER UPDATE OF write_id ON clinic WHEN NEW.write_id IS NOT NULL
BEGIN
  INSERT INTO writes VALUES (NEW.write_id, NEW.id);
END;

CREATE TRIGGER time_off_is_noted AFTER INSERT ON time_off WHEN NEW.write_id IS NOT NULL
BEGIN
  INSERT INTO writes VALUES (NEW.write_id, NEW.id);
END;

CREATE TRIGGER registration_sources_are_forgotten AFTER INSERT ON accounts WHEN NEW.registered_from IS NOT NULL
BEGIN
  UPDATE accounts SET registered_from = NULL
  WHERE registered_from IS NOT NULL AND created_at <= NEW.created_at - 3600;
END;

CREATE TRIGGER refused_registrations_are_forgotten AFTER INSERT ON refused_registrations
BEGIN
  DELETE FROM refused_registrations WHERE at <= NEW.at - 3600;
END;

CREATE TRIGGER an_admin_stays_active BEFORE UPDATE OF active ON accounts
WHEN OLD.account_type = 'Admin' AND OLD.active = 1 AND NEW.active = 0
BEGIN
  SELECT RAISE(ABORT, 'last-admin')
  WHERE NOT EXISTS (SELECT 1 FROM accounts WHERE account_type = 'Admin' AND active = 1 AND id <> NEW.id);
END;

CREATE TRIGGER sign_in_attempts_are_forgotten AFTER INSERT ON sign_in_attempts
BEGIN
  DELETE FROM sign_in_attempts WHERE at <= NEW.at - 3600;
END;

CREATE TRIGGER sign_ins_are_made INSTEAD OF INSERT ON sign_ins
BEGIN
  DELETE FROM sign_in_attempts WHERE name = NEW.attempt;
  DELETE FROM sign_in_sources WHERE at < NEW.at - 90 * 86400;
  INSERT INTO sign_in_sources VALUES (NEW.account_id, NEW.source, NEW.at)
  ON CONFLICT (account_id, source) DO UPDATE SET at = excluded.at;
  UPDATE accounts SET
    signed_in_at = NEW.at, password_hash = coalesce(NEW.password_hash, password_hash), write_id = NEW.write_id
  WHERE id = NEW.account_id;
  INSERT INTO trail VALUES (NEW.write_id, 'login', NULL, NEW.account_id);
END;

CREATE TRIGGER passwords_are_changed INSTEAD OF INSERT ON password_changes
BEGIN
  DELETE FROM sign_in_attempts WHERE name = NEW.attempt;
  UPDATE accounts SET
    password_hash = NEW.password_hash, token_version = token_version + 1, kept_token = NEW.token_id,
    write_id = NEW.write_id
  WHERE id = NEW.account_id;
END;

CREATE TRIGGER only_patients_are_erased BEFORE UPDATE OF erased_at ON accounts
BEGIN
  SELECT RAISE(ABORT, 'not-a-patient') WHERE OLD.account_type <> 'Patient';
  SELECT RAISE(ABORT, 'appointments-ahead')
  WHERE EXISTS (
    SELECT 1 FROM appointments
    WHERE patient_id = NEW.id AND status = 'Booked' AND status <> 'Cancelled'
      AND start_at > NEW.erased_at - 86400 AND start_at + duration * 60 > NEW.erased_at);
END;

CREATE TRIGGER the_erased_stay_erased BEFORE UPDATE ON accounts WHEN OLD.erased_at IS NOT NULL
BEGIN
  SELECT RAISE(ABORT, 'account-erased');
END;

CREATE TRIGGER erasing_reaches_appointments AFTER UPDATE OF erased_at ON accounts
BEGIN
  DELETE FROM sign_in_sources WHERE account_id = NEW.id;
  UPDATE appointments SET reason = NULL, idempotency_key = NULL, version = version + 1
  WHERE patient_id = NEW.id AND (reason IS NOT NULL OR idempotency_key IS NOT NULL);
END;

CREATE TRIGGER appointments_stay_whose_they_are
BEFORE UPDATE OF id, doctor_id, patient_id, asked_start_at, asked_duration ON appointments
BEGIN
  SELECT RAISE(ABORT, 'appointments-stay-whose-they-are');
END;

CREATE TRIGGER idempotency_keys_stay BEFORE UPDATE OF idempotency_key ON appointments
BEGIN
  SELECT RAISE(ABORT, 'appointments-stay-whose-they-are')
  WHERE NEW.idempotency_key IS NOT NULL
     OR NOT EXISTS (SELECT 1 FROM accounts WHERE id = OLD.patient_id AND erased_at IS NOT NULL);
END;

CREATE TRIGGER appointments_end_once BEFORE UPDATE ON appointments
BEGIN
  SELECT RAISE(ABORT, 'appointment-has-ended')
  WHERE (OLD.status = 'Cancelled'
         OR (OLD.status <> 'Booked' AND (NEW.status NOT IN ('Done', 'NoShow')
                                         OR NEW.start_at <> OLD.start_at OR NEW.duration <> OLD.duration)))
    AND NOT (NEW.reason IS NULL AND NEW.status = OLD.status
             AND NEW.start_at = OLD.start_at AND NEW.duration = OLD.duration
             AND EXISTS (SELECT 1 FROM accounts WHERE id = OLD.patient_id AND erased_at IS NOT NULL));
  SELECT RAISE(ABORT, 'version-must-count') WHERE NEW.version <> OLD.version + 1;
END;

CREATE TRIGGER audit_stays BEFORE DELETE ON audit
BEGIN
  SELECT RAISE(ABORT, 'audit-stays');
END;

CREATE TRIGGER audit_stays_as_it_is BEFORE UPDATE ON audit
BEGIN
  SELECT RAISE(ABORT, 'audit-stays');
END;

CREATE TRIGGER audit_is_not_replaced BEFORE INSERT ON audit
BEGIN
  SELECT RAISE(ABORT, 'audit-stays') WHERE EXISTS (SELECT 1 FROM audit WHERE id = NEW.id);
END;

CREATE TRIGGER trail_is_kept INSTEAD OF INSERT ON trail
BEGIN
  INSERT INTO audit (at, actor_id, action, appointment_id, account_id, request_id)
  SELECT
    coalesce(origin ->> 'at', unixepoch()),
    CASE
      WHEN NEW.action = 'login' THEN NEW.account_id
      WHEN NEW.action = 'register' AND origin ->> 'request_id' IS NOT NULL
        THEN coalesce(origin ->> 'actor_id', NEW.account_id)
      ELSE origin ->> 'actor_id'
    END,
    NEW.action, NEW.appointment_id, NEW.account_id, origin ->> 'request_id'
  FROM (SELECT iif(json_valid(NEW.write_id), NEW.write_id, '{}') AS origin);
END;

CREATE TRIGGER bookings_are_audited AFTER INSERT ON appointments
BEGIN
  INSERT INTO trail VALUES (NEW.write_id, 'book', NEW.id, NULL);
END;

CREATE TRIGGER moves_are_audited AFTER UPDATE OF start_at, duration ON appointments
BEGIN
  INSERT INTO trail VALUES (iif(NEW.write_id IS OLD.write_id, NULL, NEW.write_id), 'reschedule', NEW.id, NULL);
END;

CREATE TRIGGER ends_are_audited AFTER UPDATE OF status ON appointments WHEN NEW.status <> OLD.status
BEGIN
  INSERT INTO trail VALUES (
    iif(NEW.write_id IS OLD.write_id, NULL, NEW.write_id),
    CASE NEW.status WHEN 'Cancelled' THEN 'cancel' WHEN 'Done' THEN 'done' ELSE 'no_show' END,
    NEW.id, NULL);
END;

CREATE TRIGGER registrations_are_audited AFTER INSERT ON accounts
BEGIN
  INSERT INTO trail VALUES (NEW.write_id, 'register', NULL, NEW.id);
END;

CREATE TRIGGER accounts_are_audited
AFTER UPDATE OF name, email, password_hash, token_version, active, specialty, details, erased_at
ON accounts
BEGIN
  INSERT INTO trail
  SELECT iif(NEW.write_id IS OLD.write_id, NULL, NEW.write_id), action, NULL, NEW.id
  FROM (
    SELECT CASE
      WHEN NEW.erased_at IS NOT OLD.erased_at THEN 'erase'
      WHEN NEW.active < OLD.active THEN 'deactivate'
      WHEN NEW.active > OLD.active THEN 'activate'
      WHEN NEW.token_version <> OLD.token_version
        -- What a sign-in replaces is a hash of the same password, under a name of its own.
        OR (NEW.password_hash <> OLD.password_hash AND NEW.write_id IS OLD.write_id) THEN 'password'
      WHEN NEW.name <> OLD.name OR NEW.email <> OLD.email
        OR NEW.specialty IS NOT OLD.specialty OR NEW.details IS NOT OLD.details THEN 'profile'
    END AS action)
  WHERE action IS NOT NULL;
END;

CREATE TRIGGER policies_are_audited
AFTER UPDATE OF name, time_zone, min_duration, max_duration, max_appointments_per_day, max_booked_mins_per_day,
  booking_horizon_days, slot_step, patient_cancel_notice
ON clinic
WHEN (NEW.name, NEW.time_zone, NEW.min_duration, NEW.max_duration, NEW.max_appointments_per_day,
      NEW.max_booked_mins_per_day, NEW.booking_horizon_days, NEW.slot_step, NEW.patient_cancel_notice)
  IS NOT (OLD.name, OLD.time_zone, OLD.min_duration, OLD.max_duration, OLD.max_appointments_per_day,
          OLD.max_booked_mins_per_day, OLD.booking_horizon_days, OLD.slot_step, OLD.patient_cancel_notice)
BEGIN
  INSERT INTO trail VALUES (iif(NEW.write_id IS OLD.write_id, NULL, NEW.write_id), 'policy', NULL, NULL);
END;

CREATE TRIGGER time_off_is_audited AFTER INSERT ON time_off
BEGIN
  INSERT INTO trail VALUES (NEW.write_id, 'time_off', NULL, NEW.doctor_id);
END;

CREATE TRIGGER time_off_is_ended INSTEAD OF INSERT ON time_off_endings
BEGIN
  INSERT INTO trail SELECT NEW.write_id, 'time_off', NULL, doctor_id FROM time_off WHERE id = NEW.id;
  DELETE FROM time_off WHERE id = NEW.id;
  INSERT INTO writes SELECT NEW.write_id, NEW.id WHERE NEW.write_id IS NOT NULL;
END;

CREATE TRIGGER weeks_are_replaced_once INSTEAD OF INSERT ON week_replacements
BEGIN
  INSERT INTO weeks VALUES (NEW.doctor_id, NEW.hours);
  INSERT INTO trail VALUES (NEW.write_id, 'working_hours', NULL, NEW.doctor_id);
  INSERT INTO writes SELECT NEW.write_id, NEW.doctor_id WHERE NEW.write_id IS NOT NULL;
END;
