-- Timestamps are seconds since 1970-01-01T00:00:00Z, durations are minutes, wall-clock times are minutes since
-- midnight (the time zone of the clinic is UTC), weekdays are 1 (Monday) to 7 (Sunday).

CREATE TABLE policy (
  id                       INTEGER PRIMARY KEY CHECK (id = 1),
  min_duration             INTEGER NOT NULL,
  max_duration             INTEGER NOT NULL,
  max_appointments_per_day INTEGER NOT NULL,
  max_booked_mins_per_day  INTEGER NOT NULL,
  booking_horizon_days     INTEGER NOT NULL
) STRICT;

INSERT INTO policy VALUES (1, 15, 120, 12, 480, 365);

CREATE TABLE doctors (
  id     INTEGER PRIMARY KEY,
  name   TEXT    NOT NULL,
  active INTEGER NOT NULL DEFAULT 1
) STRICT;

CREATE TABLE patients (
  id            INTEGER PRIMARY KEY,
  name          TEXT    NOT NULL,
  active        INTEGER NOT NULL DEFAULT 1,
  -- A token contains this number. A higher number here revokes all earlier tokens.
  generation    INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE TABLE working_hours (
  doctor_id    INTEGER NOT NULL REFERENCES doctors,
  weekday      INTEGER NOT NULL CHECK (weekday BETWEEN 1 AND 7),
  start_minute INTEGER NOT NULL CHECK (start_minute BETWEEN 0 AND 1439),
  end_minute   INTEGER NOT NULL CHECK (end_minute BETWEEN start_minute + 1 AND 1440),
  PRIMARY KEY (doctor_id, weekday, start_minute)
) STRICT, WITHOUT ROWID;

CREATE TABLE time_off (
  id        INTEGER PRIMARY KEY,
  doctor_id INTEGER NOT NULL REFERENCES doctors,
  start_at  INTEGER NOT NULL,
  end_at    INTEGER NOT NULL CHECK (end_at > start_at)
) STRICT;

CREATE INDEX time_off_by_doctor ON time_off (doctor_id, end_at, start_at);

CREATE TABLE appointments (
  id              INTEGER PRIMARY KEY,
  doctor_id       INTEGER NOT NULL REFERENCES doctors,
  patient_id      INTEGER NOT NULL REFERENCES patients,
  start_at        INTEGER NOT NULL,
  duration        INTEGER NOT NULL CHECK (duration BETWEEN 1 AND 1440),
  status          TEXT    NOT NULL DEFAULT 'Booked' CHECK (status IN ('Booked', 'Cancelled', 'Done', 'NoShow')),
  idempotency_key TEXT,
  created_at      INTEGER NOT NULL
) STRICT;

CREATE INDEX appointments_by_doctor ON appointments (doctor_id, start_at, duration) WHERE status <> 'Cancelled';
CREATE INDEX appointments_by_patient ON appointments (patient_id, start_at, duration) WHERE status <> 'Cancelled';
CREATE UNIQUE INDEX appointments_by_key ON appointments (patient_id, idempotency_key)
  WHERE idempotency_key IS NOT NULL;

CREATE TABLE audit (
  id             INTEGER PRIMARY KEY,
  at             INTEGER NOT NULL,
  actor_id       INTEGER NOT NULL,
  action         TEXT    NOT NULL,
  appointment_id INTEGER NOT NULL,
  request_id     TEXT    NOT NULL
) STRICT;

CREATE INDEX audit_by_time ON audit (at, id);
