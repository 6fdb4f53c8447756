-- What the front desk books: appointment types with buffers, notes, walk-ins, and bookings outside the working hours. And
-- bookings by guardians.

-- The policy

-- How many minutes before the start a Patient can still book.
ALTER TABLE clinic ADD COLUMN booking_notice INTEGER NOT NULL DEFAULT 0 CHECK (booking_notice BETWEEN 0 AND 525600);

INSERT INTO actions VALUES ('type'), ('note'), ('reopen'), ('arrival');

-- Appointment types

-- A type is never deleted, because appointments refer to it.
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

-- Appointments

-- The type that was booked. The appointment keeps the duration and the buffers that the type had then. Not a foreign key:
-- see booked_by.
ALTER TABLE appointments ADD COLUMN type_id INTEGER;
-- What the patient or the staff note for the appointment.
ALTER TABLE appointments ADD COLUMN note TEXT CHECK (length(note) BETWEEN 1 AND 500);
-- When the patient arrived. A reschedule removes it.
ALTER TABLE appointments ADD COLUMN arrived_at INTEGER;
-- Whether the staff booked it outside the working hours or over the day's limits, and why. The reason is removed when the
-- patient is erased.
ALTER TABLE appointments ADD COLUMN overridden INTEGER NOT NULL DEFAULT 0 CHECK (overridden IN (0, 1));
ALTER TABLE appointments ADD COLUMN override_reason TEXT
  CHECK (override_reason IS NULL OR overridden = 1 AND length(override_reason) BETWEEN 1 AND 500);
-- The hash (SHA-256) of the request with the idempotency key. NULL: it was booked before this migration.
ALTER TABLE appointments ADD COLUMN request_hash BLOB
  CHECK (request_hash IS NULL OR length(request_hash) = 32);

-- The documents for programs

DROP VIEW clinic_documents;

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

DROP VIEW appointment_documents;

-- As before, with the type, the note and the patient's phone. `guardians` has the accounts that act for the patient.
-- Responses leave out what the caller may not see.
CREATE VIEW appointment_documents AS
SELECT *, json_object(
  'id', id, 'doctor_id', doctor_id, 'patient_id', patient_id, 'start_at', start_at, 'duration', duration,
  'status', status, 'reason', reason, 'version', version, 'confirmed_at', confirmed_at, 'arrived_at', arrived_at,
  'type_id', type_id, 'type_name', (SELECT name FROM appointment_types WHERE appointment_types.id = type_id),
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

CREATE VIEW type_documents AS
SELECT *, json_object(
  'id', id, 'name', name, 'duration', duration, 'buffer_before', buffer_before, 'buffer_after', buffer_after,
  'bookable_by', bookable_by, 'active', json(iif(active, 'true', 'false')), 'doctors', json(doctors)) AS document
FROM appointment_types;

-- Rules

DROP TRIGGER clinic_updated;

-- As before, with booking_notice.
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

-- Checks a new or changed type, and writes its audit entry. Its doctors are Doctors, and a new duration is one that the
-- policy allows.
CREATE VIEW type_changes AS
SELECT operation_id, id AS type_id, '[]' AS doctors, '{}' AS before, '{}' AS after FROM appointment_types WHERE FALSE;

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

DROP TRIGGER booking_rules_time;
DROP TRIGGER booking_rules_conflicts;
DROP VIEW booking_rules;

-- Checks a booking or a reschedule, as before. Further columns: whether the staff make it, whether it is a new booking, and
-- whether it may break the rules of the working hours and of the day's limits.
CREATE VIEW booking_rules AS
SELECT id, doctor_id, patient_id, start_at, duration, busy_from, busy_until,
  0 AS by_staff, 0 AS is_new, overridden,
  0 AS now, 0 AS day_start, 0 AS day_end
FROM appointments WHERE FALSE;

-- Rules 1 and 2: the policy allows the duration and the start, the doctor is active and works at this time, the clinic is
-- not closed, and the doctor has no time off. The staff can book up to 730 days ahead, and walk-ins: patients whose appointment began up to an hour
-- ago.
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

-- Rules 3 and 4, as before: no overlap with another appointment, and the doctor's day is not full.
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

DROP TRIGGER appointments_inserted;

-- As before, with the rules about types, about who books for whom, and about bookings that break other rules. The limit of
-- open bookings counts all patients that the account acts for.
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

DROP TRIGGER appointments_updated;

-- An appointment keeps the account that booked it, its type and its buffers. Before its start, it can be rescheduled, also
-- to another doctor who offers its type, and cancelled. Afterwards it can be marked. Until the end of its day, it can still
-- be cancelled, and a marked one can be booked again. Afterwards a marked one can only get the other mark. A cancelled
-- appointment no longer changes. When the patient is erased, personal data are removed. When the patient is merged, it
-- moves to the patient that stays. A new time is checked by the same rules as a booking.
CREATE TRIGGER appointments_updated AFTER UPDATE ON appointments
BEGIN
  SELECT RAISE(ABORT, 'appointments-stay') FROM people
  WHERE people.id = OLD.patient_id AND (
    (NEW.id, NEW.booked_by, NEW.overridden) <> (OLD.id, OLD.booked_by, OLD.overridden)
    OR NEW.type_id IS NOT OLD.type_id
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

-- Checks that an appointment starts today. For changes that are possible on its day only.
CREATE VIEW corrections AS
SELECT 0 AS now, start_at FROM appointments WHERE FALSE;

CREATE TRIGGER corrections_inserted INSTEAD OF INSERT ON corrections
BEGIN
  SELECT RAISE(ABORT, 'day-unknown')
  WHERE NOT EXISTS (SELECT 1 FROM days WHERE start_at <= NEW.now AND end_at > NEW.now);
  SELECT RAISE(ABORT, 'appointment-day-over')
  WHERE NEW.start_at < (SELECT max(start_at) FROM days WHERE start_at <= NEW.now);
  SELECT RAISE(ABORT, 'appointment-on-another-day')
  WHERE NEW.start_at >= (SELECT end_at FROM days WHERE start_at <= NEW.now ORDER BY start_at DESC LIMIT 1);
END;

DROP TRIGGER appointment_changes_inserted;
DROP VIEW appointment_changes;

-- As before, with the doctor, the patient, the arrival and the note.
CREATE VIEW appointment_changes AS
SELECT operation_id, id AS appointment_id, '' AS old_status, status, 0 AS rescheduled, '[]' AS doctors, '[]' AS starts,
  '[]' AS durations, '[]' AS patients, '[]' AS arrivals, 0 AS reason, 0 AS note
FROM appointments WHERE FALSE;

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
