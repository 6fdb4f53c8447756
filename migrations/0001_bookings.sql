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
  max_appointments_per_day INTEGER NOT NULL CHECK (max_appointments_per_day >= 0),
  max_booked_mins_per_day  INTEGER NOT NULL CHECK (max_booked_mins_per_day >= 0),
  -- Ten years, so that no sum of dates leaves the calendar.
  booking_horizon_days     INTEGER NOT NULL CHECK (booking_horizon_days BETWEEN 1 AND 3660),
  slot_step                INTEGER NOT NULL CHECK (slot_step BETWEEN 1 AND 1440),
  -- Minutes before the start; NULL: Patients cannot cancel.
  patient_cancel_notice    INTEGER CHECK (patient_cancel_notice >= 0)
) STRICT;

INSERT INTO clinic VALUES (1, 'Rounds Clinic', 'UTC', 1, 15, 120, 12, 480, 365, 15, NULL);

CREATE TRIGGER clinic_counts_its_calendars AFTER UPDATE OF time_zone ON clinic
WHEN NEW.time_zone <> OLD.time_zone
BEGIN
  UPDATE clinic SET calendar_version = OLD.calendar_version + 1;
END;

CREATE TABLE accounts (
  id            INTEGER PRIMARY KEY,
  account_type  TEXT    NOT NULL CHECK (account_type IN ('Patient', 'Doctor', 'Admin')),
  name          TEXT    NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
  -- As it was written, for people to read.
  email         TEXT    NOT NULL,
  -- In lower case, to look it up by: an email is one account's in whatever case. Lower case is
  -- the program's, since SQLite's knows ASCII only; the same goes for the other keys.
  email_key     TEXT    NOT NULL UNIQUE,
  -- A PHC string. That it is a hash at all is checked, in case a program ever mistakes it.
  password_hash TEXT    NOT NULL CHECK (password_hash GLOB '$argon2id$*'),
  -- A token carries the version it was signed under; raising it ends all tokens.
  token_version INTEGER NOT NULL DEFAULT 1,
  active        INTEGER NOT NULL DEFAULT 1 CHECK (active IN (0, 1)),
  specialty     TEXT,
  specialty_key TEXT,
  details       TEXT,
  -- Name and specialty in lower case, to search in.
  search_key    TEXT    NOT NULL,
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
  -- The writer's clock: what "in the future" was measured against.
  booked_at  INTEGER NOT NULL,

  -- The clinic's calendar day of the start, as the writer worked it out, since SQLite knows no
  -- zones: the triggers count and check within it. It is of use at the write only, and not
  -- changed when the clinic moves to another zone.
  calendar_version INTEGER NOT NULL,
  day_start  INTEGER NOT NULL CHECK (day_start <= start_at),
  day_end    INTEGER NOT NULL CHECK (start_at < day_end AND day_end - day_start <= 2 * 86400),
  weekday    INTEGER NOT NULL CHECK (weekday BETWEEN 1 AND 7),
  -- Where clocks change on that day: wall-clock minutes from shift_from on come shift seconds
  -- later (or earlier, if negative) than they otherwise would.
  shift_from INTEGER NOT NULL,
  shift      INTEGER NOT NULL
) STRICT;

-- A doctor's day: overlap, caps, slots. Without the cancelled, which take no time.
CREATE INDEX appointments_by_doctor ON appointments (doctor_id, start_at, duration) WHERE status <> 'Cancelled';
-- A patient's overlap, and whether a doctor knows them.
CREATE INDEX appointments_by_patient ON appointments (patient_id, start_at, duration, doctor_id) WHERE status <> 'Cancelled';
-- A day over all doctors: the reports.
CREATE INDEX appointments_by_day ON appointments (start_at, doctor_id, duration) WHERE status <> 'Cancelled';
-- A patient's history, with the cancelled.
CREATE INDEX appointments_history ON appointments (patient_id, start_at, id);

-- The rules, in the order in which a refusal names them. Of a doctor's (a patient's) appointments
-- no two overlap, so the last one that starts before the end of the new one is the only one that
-- can overlap it.
CREATE TRIGGER bookings_keep_the_rules BEFORE INSERT ON appointments
BEGIN
  SELECT RAISE(ABORT, 'calendar-changed') FROM clinic
  WHERE NEW.calendar_version <> calendar_version;

  -- 1. A duration and a start that the policy allows.
  SELECT RAISE(ABORT, 'invalid-times') FROM clinic
  WHERE NEW.duration NOT BETWEEN min_duration AND max_duration
     OR NEW.start_at <= NEW.booked_at
     OR NEW.start_at > NEW.booked_at + booking_horizon_days * 86400;

  -- 2. An active doctor, at work. (And a patient who is one.)
  SELECT RAISE(ABORT, 'not-a-patient')
  WHERE NOT EXISTS (SELECT 1 FROM accounts WHERE id = NEW.patient_id AND account_type = 'Patient' AND active = 1);
  SELECT RAISE(ABORT, 'doctor-not-active')
  WHERE NOT EXISTS (SELECT 1 FROM accounts WHERE id = NEW.doctor_id AND account_type = 'Doctor' AND active = 1);
  SELECT RAISE(ABORT, 'out-of-hours')
  WHERE NOT EXISTS (
    SELECT 1 FROM working_hours
    WHERE doctor_id = NEW.doctor_id AND weekday = NEW.weekday
      AND NEW.day_start + start_minute * 60 + iif(start_minute >= NEW.shift_from, NEW.shift, 0) <= NEW.start_at
      AND min(NEW.day_start + end_minute * 60 + iif(end_minute >= NEW.shift_from, NEW.shift, 0), NEW.day_end)
          >= NEW.start_at + NEW.duration * 60);

  -- 3. No overlap, back to back being none.
  SELECT RAISE(ABORT, 'doctor-busy')
  WHERE NEW.start_at < (
    SELECT start_at + duration * 60 FROM appointments
    WHERE doctor_id = NEW.doctor_id AND status <> 'Cancelled' AND start_at < NEW.start_at + NEW.duration * 60
    ORDER BY start_at DESC LIMIT 1);
  SELECT RAISE(ABORT, 'patient-busy')
  WHERE NEW.start_at < (
    SELECT start_at + duration * 60 FROM appointments
    WHERE patient_id = NEW.patient_id AND status <> 'Cancelled' AND start_at < NEW.start_at + NEW.duration * 60
    ORDER BY start_at DESC LIMIT 1);

  -- 4. Room in the doctor's day.
  SELECT RAISE(ABORT, 'doctor-day-full')
  FROM clinic, (
    SELECT count(*) AS appointments, total(duration) AS booked_mins FROM appointments
    WHERE doctor_id = NEW.doctor_id AND status <> 'Cancelled'
      AND start_at >= NEW.day_start AND start_at < NEW.day_end) AS day
  WHERE day.appointments >= max_appointments_per_day
     OR day.booked_mins + NEW.duration > max_booked_mins_per_day;
END;

-- What was booked stays as it was booked: only its status changes, once, and each change counts.
CREATE TRIGGER appointments_do_not_move
BEFORE UPDATE OF id, doctor_id, patient_id, start_at, duration, booked_at ON appointments
BEGIN
  SELECT RAISE(ABORT, 'appointments-do-not-move');
END;

CREATE TRIGGER appointments_end_once BEFORE UPDATE ON appointments
BEGIN
  SELECT RAISE(ABORT, 'appointment-has-ended') WHERE OLD.status <> 'Booked';
  SELECT RAISE(ABORT, 'version-must-count') WHERE NEW.version <> OLD.version + 1;
END;

CREATE TRIGGER appointments_stay BEFORE DELETE ON appointments
BEGIN
  SELECT RAISE(ABORT, 'appointments-stay');
END;
