-- Accounts, the clinic's policy, working hours and appointments.
--
-- The rules of a booking hold here, at the moment of the write, whoever writes and however many
-- at once. A rule that a row alone can break is a CHECK. A rule over several rows is a trigger
-- that ends the statement with a word for the broken rule; the program then reads the schedule
-- once more and says exactly what is wrong.
--
-- Instants are seconds since 1970-01-01T00:00:00Z, durations minutes, wall-clock times minutes
-- since midnight, weekdays 1 (Monday) to 7 (Sunday).

-- The clinic and its policy: one row. Statements read it in place, so that a changed number is
-- obeyed by the very next booking, on every instance.
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
) STRICT;

INSERT INTO clinic VALUES (1, 'Rounds Clinic', 'UTC', 1, 15, 120, 12, 480, 365, 15, NULL);

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

-- Where the row is gone, no policy would hold. (REPLACE deletes without a DELETE trigger, and is
-- refused as the INSERT or UPDATE that it is; so it is below.)
CREATE TRIGGER clinic_stays BEFORE DELETE ON clinic
BEGIN
  SELECT RAISE(ABORT, 'clinic-stays');
END;

CREATE TRIGGER clinic_is_not_replaced BEFORE INSERT ON clinic
BEGIN
  SELECT RAISE(ABORT, 'clinic-stays');
END;

CREATE TABLE accounts (
  id            INTEGER PRIMARY KEY,
  account_type  TEXT    NOT NULL CHECK (account_type IN ('Patient', 'Doctor', 'Admin')),
  name          TEXT    NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
  -- Without case, accents and strokes, to search in. The program makes it, here and in the other keys:
  -- SQLite's lower case knows ASCII only.
  name_key      TEXT    NOT NULL,
  -- As it was written, for people to read.
  email         TEXT    NOT NULL,
  -- In lower case, the domain in its ASCII form, to look it up by: an email is one account's however it is
  -- spelled.
  email_key     TEXT    NOT NULL UNIQUE,
  -- To search in, as name_key.
  email_search  TEXT    NOT NULL DEFAULT '',
  -- A PHC string. That it is a hash at all is checked, in case a program ever mistakes it.
  password_hash TEXT    NOT NULL CHECK (password_hash GLOB '$argon2id$*'),
  -- A token carries the version it was signed under; raising it ends all tokens.
  token_version INTEGER NOT NULL DEFAULT 1,
  active        INTEGER NOT NULL DEFAULT 1 CHECK (active IN (0, 1)),
  specialty     TEXT,
  specialty_key TEXT,
  details       TEXT,
  created_at    INTEGER NOT NULL,
  CHECK (account_type = 'Doctor' OR (specialty IS NULL AND details IS NULL)),
  CHECK ((specialty IS NULL) = (specialty_key IS NULL))
) STRICT;

-- Doctors are listed by id, among many more patients; whether there is an Admin is asked too.
CREATE INDEX accounts_by_type ON accounts (account_type, active, id);

-- What an account is for decides what its id means elsewhere.
CREATE TRIGGER accounts_stay_what_they_are BEFORE UPDATE OF id, account_type ON accounts
WHEN NEW.id <> OLD.id OR NEW.account_type <> OLD.account_type
BEGIN
  SELECT RAISE(ABORT, 'accounts-stay-what-they-are');
END;

-- Appointments name accounts for ever, and an id that came back would inherit them.
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

-- When a doctor works, on the clinic's wall clock: any number of stretches a weekday.
CREATE TABLE working_hours (
  doctor_id    INTEGER NOT NULL REFERENCES accounts,
  weekday      INTEGER NOT NULL CHECK (weekday BETWEEN 1 AND 7),
  start_minute INTEGER NOT NULL CHECK (start_minute BETWEEN 0 AND 1439),
  end_minute   INTEGER NOT NULL CHECK (end_minute BETWEEN start_minute + 1 AND 1440),
  PRIMARY KEY (doctor_id, weekday, start_minute)
) STRICT, WITHOUT ROWID;

-- A new doctor works from 08:00 to 18:00, every day.
CREATE TRIGGER doctors_start_with_working_hours AFTER INSERT ON accounts
WHEN NEW.account_type = 'Doctor'
BEGIN
  INSERT INTO working_hours
  SELECT NEW.id, value, 480, 1080 FROM json_each('[1,2,3,4,5,6,7]');
END;

-- A doctor's week is replaced as a whole: INSERT a JSON array of {weekday, start_minute,
-- end_minute}, and in that one statement the old week goes and the new one comes.
CREATE VIEW weeks AS SELECT id AS doctor_id, NULL AS hours FROM accounts WHERE account_type = 'Doctor';

CREATE TRIGGER weeks_are_replaced INSTEAD OF INSERT ON weeks
BEGIN
  DELETE FROM working_hours WHERE doctor_id = NEW.doctor_id;
  INSERT INTO working_hours
  SELECT NEW.doctor_id, value ->> 'weekday', value ->> 'start_minute', value ->> 'end_minute'
  FROM json_each(NEW.hours);
END;

-- Stretches of a weekday neither overlap nor touch: an appointment lies in one of them.
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

-- When a doctor is away.
CREATE TABLE time_off (
  id        INTEGER PRIMARY KEY,
  doctor_id INTEGER NOT NULL REFERENCES accounts,
  start_at  INTEGER NOT NULL CHECK (start_at % 60 = 0),
  end_at    INTEGER NOT NULL CHECK (end_at % 60 = 0 AND end_at > start_at),
  reason    TEXT
) STRICT;

CREATE INDEX time_off_by_doctor ON time_off (doctor_id, end_at, start_at);

CREATE TRIGGER time_off_stays_as_it_is BEFORE UPDATE ON time_off
BEGIN
  SELECT RAISE(ABORT, 'time-off-stays-as-it-is');
END;

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
) STRICT;

-- A doctor's day: overlap, caps, slots. Without the cancelled, which take no time.
CREATE INDEX appointments_by_doctor ON appointments (doctor_id, start_at, duration) WHERE status <> 'Cancelled';
-- A patient's overlap, and whether a doctor knows them.
CREATE INDEX appointments_by_patient ON appointments (patient_id, start_at, duration, doctor_id) WHERE status <> 'Cancelled';
-- Lists, with the cancelled: a patient's, a doctor's, and the clinic's, by which reports are made too.
CREATE INDEX appointments_of_patient ON appointments (patient_id, start_at, id);
CREATE INDEX appointments_of_doctor ON appointments (doctor_id, start_at, id);
CREATE INDEX appointments_of_clinic ON appointments (start_at, id, status, doctor_id, duration);
-- One key of a patient's, one appointment.
CREATE UNIQUE INDEX appointments_by_key ON appointments (patient_id, idempotency_key) WHERE idempotency_key IS NOT NULL;

-- The rules, written once for bookings and moves: a view without rows, into which the triggers
-- below hand what is about to be written. In the order in which a refusal names them. Of a
-- doctor's (a patient's) appointments no two overlap, so the last one that starts before the end
-- of the new one is the only one that can overlap it. An appointment does not stand in its own way.
CREATE VIEW rules AS
SELECT id, doctor_id, patient_id, start_at, duration, as_of,
  calendar_version, day_start, day_end, weekday, shift_from, shift
FROM appointments WHERE FALSE;

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

-- Whose an appointment is, and what was asked for, stays. Once it is cancelled, nothing changes
-- any more; once it was marked, only the mark does. Each change counts.
CREATE TRIGGER appointments_stay_whose_they_are
BEFORE UPDATE OF id, doctor_id, patient_id, idempotency_key, asked_start_at, asked_duration ON appointments
BEGIN
  SELECT RAISE(ABORT, 'appointments-stay-whose-they-are');
END;

CREATE TRIGGER appointments_end_once BEFORE UPDATE ON appointments
BEGIN
  SELECT RAISE(ABORT, 'appointment-has-ended')
  WHERE OLD.status = 'Cancelled'
     OR (OLD.status <> 'Booked' AND (NEW.status NOT IN ('Done', 'NoShow')
                                     OR NEW.start_at <> OLD.start_at OR NEW.duration <> OLD.duration));
  SELECT RAISE(ABORT, 'version-must-count') WHERE NEW.version <> OLD.version + 1;
END;

-- Nobody goes away over what is booked. (That it is not cancelled is said for the index's sake.)
CREATE TRIGGER time_off_keeps_appointments BEFORE INSERT ON time_off
BEGIN
  SELECT RAISE(ABORT, 'time-off-over-appointments')
  WHERE EXISTS (
    SELECT 1 FROM appointments
    WHERE doctor_id = NEW.doctor_id AND status = 'Booked' AND status <> 'Cancelled'
      AND start_at > NEW.start_at - 86400 AND start_at < NEW.end_at
      AND start_at + duration * 60 > NEW.start_at);
END;

CREATE TRIGGER appointments_stay BEFORE DELETE ON appointments
BEGIN
  SELECT RAISE(ABORT, 'appointments-stay');
END;
