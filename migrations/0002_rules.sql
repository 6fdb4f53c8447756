-- The rules, and the entries of the audit log. The database checks the rules when a row is written, so they hold for
-- every program and for concurrent writes.
--
-- A rule about one row is a CHECK in 0001_tables. A rule about several rows is in a trigger, which aborts the
-- statement with the rule's name (its word, such as `doctor-busy`). Each table has at most three triggers: for inserts, updates and deletes. A trigger first
-- checks the rules and then writes what follows from the change.
--
-- A change of a row with an operation_id must set a new one, and its operation must exist (`operation-missing`): the
-- audit entry gets its time, its actor and its request from there. The triggers also set row_id of the operation to
-- the first row that it changes.
--
-- INSERT OR REPLACE deletes rows without running the DELETE trigger. The INSERT triggers of people and
-- appointments detect this: the audit log already has an entry of the id.
--
-- booking_rules and appointment_changes are used like procedures: they are views without rows, and an insert into
-- them runs their INSTEAD OF triggers. So bookings and reschedules share the same rules, and the triggers stay
-- short.

-- Operations

-- Raises pruned_operations.up_to to the ids of two days ago, at most once an hour, and rejects an operation whose id
-- is not above it. An id begins with the milliseconds since 1970. The database's clock decides, so that a program
-- with a wrong clock affects only itself.
CREATE TRIGGER operations_inserted AFTER INSERT ON operations
BEGIN
  UPDATE pruned_operations
  SET up_to = max(up_to, unhex(printf('%012x', (unixepoch() - 2 * 86400) * 1000) || '00000000000000000000')),
      pruned_at = unixepoch()
  WHERE pruned_at <= unixepoch() - 3600;

  -- After the update, because the new operation itself can be too old.
  SELECT RAISE(ABORT, 'operation-expired') FROM pruned_operations WHERE NEW.id <= up_to;
END;

-- Deletes the operations up to the new limit. A trigger of its own, because it must run only if the row was updated.
CREATE TRIGGER pruned_operations_updated AFTER UPDATE ON pruned_operations
BEGIN
  DELETE FROM operations WHERE id <= NEW.up_to;
END;

-- The clinic

-- The clinic keeps its one row: without it, no limit of the policy would apply.
CREATE TRIGGER clinic_inserted BEFORE INSERT ON clinic
BEGIN
  SELECT RAISE(ABORT, 'clinic-stays');
END;

CREATE TRIGGER clinic_deleted BEFORE DELETE ON clinic
BEGIN
  SELECT RAISE(ABORT, 'clinic-stays');
END;

-- The ids of the clinic never change, because tokens contain the public one. A new time zone makes all stored days
-- wrong, so they are deleted, and the calendar version increases by one.
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
    SELECT json_group_object(member, json_array(before, after)) AS changes
    FROM (
      SELECT 'name' AS member, OLD.name AS before, NEW.name AS after
      UNION ALL SELECT 'time_zone', OLD.time_zone, NEW.time_zone
      UNION ALL SELECT 'min_duration', OLD.min_duration, NEW.min_duration
      UNION ALL SELECT 'max_duration', OLD.max_duration, NEW.max_duration
      UNION ALL SELECT 'max_appointments_per_day', OLD.max_appointments_per_day, NEW.max_appointments_per_day
      UNION ALL SELECT 'max_booked_mins_per_day', OLD.max_booked_mins_per_day, NEW.max_booked_mins_per_day
      UNION ALL SELECT 'booking_horizon_days', OLD.booking_horizon_days, NEW.booking_horizon_days
      UNION ALL SELECT 'slot_step', OLD.slot_step, NEW.slot_step
      UNION ALL SELECT 'patient_cancel_notice', OLD.patient_cancel_notice, NEW.patient_cancel_notice
      UNION ALL SELECT 'max_open_bookings', OLD.max_open_bookings, NEW.max_open_bookings)
    WHERE before IS NOT after)
  WHERE operations.id = NEW.operation_id AND changes <> '{}';
END;

-- People and sign-in

-- A new doctor works from 08:00 to 18:00 every day. An id that already has a `register` entry is rejected: a replaced
-- row would pass its id on to another person.
CREATE TRIGGER people_inserted AFTER INSERT ON people
BEGIN
  SELECT RAISE(ABORT, 'people-stay')
  WHERE EXISTS (SELECT 1 FROM audit WHERE account_id = NEW.id AND action = 'register');
  SELECT RAISE(ABORT, 'operation-missing')
  WHERE NOT EXISTS (SELECT 1 FROM operations WHERE id = NEW.operation_id);

  UPDATE operations SET row_id = NEW.id WHERE id = NEW.operation_id AND row_id IS NULL;
  INSERT INTO working_hours
  SELECT NEW.id, value, 480, 1080 FROM json_each('[1,2,3,4,5,6,7]') WHERE NEW.account_type = 'Doctor';
  -- If nobody is signed in, the new account is its own actor. Without a request, a program created the account: then
  -- there is no actor.
  INSERT INTO audit (at, actor_id, action, account_id, request_id)
  SELECT at, iif(request_id IS NULL, actor_id, coalesce(actor_id, NEW.id)), 'register', NEW.id, request_id
  FROM operations WHERE id = NEW.operation_id;
END;

-- An account keeps its id and its type, and an erased account no longer changes. Only Patients can be erased, and only
-- if all their booked appointments are over. (An appointment lasts at most a day, so one that is not over started less
-- than a day ago.) The sessions of a deactivated account are deleted.
CREATE TRIGGER people_updated AFTER UPDATE ON people
BEGIN
  SELECT RAISE(ABORT, 'people-stay') WHERE (NEW.id, NEW.account_type) <> (OLD.id, OLD.account_type);
  SELECT RAISE(ABORT, 'account-erased') WHERE OLD.erased_at IS NOT NULL;
  SELECT RAISE(ABORT, 'not-a-patient') WHERE NEW.erased_at IS NOT NULL AND OLD.account_type <> 'Patient';
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
  UPDATE operations SET row_id = NEW.id WHERE id = NEW.operation_id AND row_id IS NULL;
  INSERT INTO audit (at, actor_id, action, account_id, request_id, changes)
  SELECT at, actor_id, CASE
      WHEN NEW.erased_at IS NOT NULL THEN 'erase'
      WHEN NEW.active < OLD.active THEN 'deactivate'
      WHEN NEW.active > OLD.active THEN 'activate'
      ELSE 'profile'
    END, NEW.id, request_id, nullif(changes, '{}')
  FROM operations, (
    SELECT json_group_object(member, json(change)) AS changes
    FROM (
      SELECT 'name' AS member, NEW.name <> OLD.name AS is_changed, 'null' AS change
      UNION ALL SELECT 'active', NEW.active <> OLD.active, iif(NEW.active, '[false,true]', '[true,false]')
      UNION ALL SELECT 'specialty', NEW.specialty IS NOT OLD.specialty, json_array(OLD.specialty, NEW.specialty)
      UNION ALL SELECT 'details', NEW.details IS NOT OLD.details, json_array(OLD.details, NEW.details))
    WHERE is_changed)
  WHERE id = NEW.operation_id AND (changes <> '{}' OR NEW.erased_at IS NOT NULL);
END;

-- Appointments refer to people forever. If a row were deleted, a new account could get its id and its appointments.
CREATE TRIGGER people_deleted BEFORE DELETE ON people
BEGIN
  SELECT RAISE(ABORT, 'people-stay');
END;

-- A person has one login, and an email belongs to one person. The keys of the table require the same, but with them
-- alone, INSERT OR REPLACE would delete the login of another person.
CREATE TRIGGER logins_inserted BEFORE INSERT ON logins
BEGIN
  SELECT RAISE(ABORT, 'email-taken') WHERE EXISTS (SELECT 1 FROM logins WHERE email_key = NEW.email_key);
  SELECT RAISE(ABORT, 'logins-stay') WHERE EXISTS (SELECT 1 FROM logins WHERE person_id = NEW.person_id);
  SELECT RAISE(ABORT, 'operation-missing') WHERE NOT EXISTS (SELECT 1 FROM operations WHERE id = NEW.operation_id);
END;

-- Writes the entry of a password change. A sign-in also replaces a hash with outdated parameters by a new hash of the
-- same password. This is not a password change, so it gets no entry: its operation has the id of a session. An erased
-- login gets none either: `erase` is its entry.
CREATE TRIGGER logins_updated BEFORE UPDATE ON logins
BEGIN
  SELECT RAISE(ABORT, 'logins-stay') WHERE NEW.person_id <> OLD.person_id;
  SELECT RAISE(ABORT, 'email-taken')
  WHERE EXISTS (SELECT 1 FROM logins WHERE email_key = NEW.email_key AND person_id <> OLD.person_id);
  SELECT RAISE(ABORT, 'operation-missing')
  WHERE NEW.operation_id = OLD.operation_id OR NOT EXISTS (SELECT 1 FROM operations WHERE id = NEW.operation_id);

  UPDATE operations SET row_id = NEW.person_id WHERE id = NEW.operation_id AND row_id IS NULL;
  INSERT INTO audit (at, actor_id, action, account_id, request_id)
  SELECT at, actor_id, 'password', NEW.person_id, request_id FROM operations
  WHERE id = NEW.operation_id AND NEW.password_hash <> OLD.password_hash
    AND NOT EXISTS (SELECT 1 FROM sessions WHERE id = NEW.operation_id)
    AND NOT EXISTS (SELECT 1 FROM people WHERE id = NEW.person_id AND erased_at IS NOT NULL);
END;

-- Without its login, an account could no longer sign in, and another person could register with its email.
CREATE TRIGGER logins_deleted BEFORE DELETE ON logins
BEGIN
  SELECT RAISE(ABORT, 'logins-stay');
END;

-- Deletes the account's expired sessions. Tokens can be renewed for twelve hours after a sign-in, and the last one is
-- valid for one more hour.
CREATE TRIGGER sessions_inserted AFTER INSERT ON sessions
BEGIN
  SELECT RAISE(ABORT, 'operation-missing') WHERE NOT EXISTS (SELECT 1 FROM operations WHERE id = NEW.id);

  DELETE FROM sessions WHERE person_id = NEW.person_id AND created_at < NEW.created_at - 13 * 3600;
  UPDATE operations SET row_id = NEW.person_id WHERE id = NEW.id AND row_id IS NULL;
  INSERT INTO audit (at, actor_id, action, account_id, request_id)
  SELECT at, NEW.person_id, 'login', NEW.person_id, request_id FROM operations WHERE id = NEW.id;
END;

-- No limit counts attempts that are older than an hour.
CREATE TRIGGER sign_in_attempts_inserted AFTER INSERT ON sign_in_attempts
BEGIN
  DELETE FROM sign_in_attempts WHERE at <= NEW.at - 3600;
END;

-- Sources are kept for 90 days.
CREATE TRIGGER sign_in_sources_inserted AFTER INSERT ON sign_in_sources
BEGIN
  DELETE FROM sign_in_sources WHERE at < NEW.at - 90 * 86400;
END;

-- The limit counts the registrations of the last hour.
CREATE TRIGGER registrations_inserted AFTER INSERT ON registrations
BEGIN
  DELETE FROM registrations WHERE at <= NEW.at - 3600;
END;

-- Working hours and time off

-- Time ranges of a weekday must not overlap or touch. Programs merge ranges that touch before they write them.
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

-- The same check for updates, although programs only delete and insert working hours.
CREATE TRIGGER working_hours_updated BEFORE UPDATE ON working_hours
BEGIN
  SELECT RAISE(ABORT, 'working-hours-overlap')
  WHERE EXISTS (
    SELECT 1 FROM working_hours
    WHERE doctor_id = NEW.doctor_id AND weekday = NEW.weekday
      AND (doctor_id, weekday, start_minute) <> (OLD.doctor_id, OLD.weekday, OLD.start_minute)
      AND start_minute <= NEW.end_minute AND NEW.start_minute <= end_minute);
END;

-- Time off cannot overlap booked appointments. An appointment lasts at most a day, so one that overlaps starts
-- less than a day before the time off.
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

-- The only change of time off is its deletion, once, which sets deleted_at.
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

-- Deleted time off keeps its row: see time_off in 0001_tables.
CREATE TRIGGER time_off_deleted BEFORE DELETE ON time_off
BEGIN
  SELECT RAISE(ABORT, 'time-off-stays');
END;

-- Appointments

-- Checks a booking or a reschedule. The columns are the appointment, the current time, and the row of `days` for
-- the day of its start.
CREATE VIEW booking_rules AS
SELECT id, doctor_id, patient_id, start_at, duration, busy_from, busy_until,
  0 AS now, 0 AS day_start, 0 AS day_end, 0 AS weekday, 0 AS clock_change_minute, 0 AS clock_change_seconds
FROM appointments WHERE FALSE;

-- Rules 1 and 2: the policy allows the duration and the start, the doctor is active and works at this time, and
-- has no time off.
CREATE TRIGGER booking_rules_time INSTEAD OF INSERT ON booking_rules
BEGIN
  SELECT RAISE(ABORT, 'invalid-times') FROM clinic
  WHERE NEW.duration NOT BETWEEN min_duration AND max_duration
     OR NEW.start_at <= NEW.now
     OR NEW.start_at > NEW.now + booking_horizon_days * 86400;
  -- After rule 1, so that programs add only days that can be booked.
  SELECT RAISE(ABORT, 'day-unknown') WHERE NEW.day_end IS NULL OR NEW.day_end <= NEW.start_at;
  SELECT RAISE(ABORT, 'not-a-patient')
  WHERE NOT EXISTS (SELECT 1 FROM people WHERE id = NEW.patient_id AND account_type = 'Patient');
  SELECT RAISE(ABORT, 'doctor-not-active')
  WHERE NOT EXISTS (SELECT 1 FROM people WHERE id = NEW.doctor_id AND account_type = 'Doctor' AND active = 1);
  SELECT RAISE(ABORT, 'out-of-hours')
  WHERE NOT EXISTS (
    SELECT 1 FROM working_hours
    WHERE doctor_id = NEW.doctor_id AND weekday = NEW.weekday
      AND NEW.start_at >=
          NEW.day_start + start_minute * 60
          + iif(start_minute >= NEW.clock_change_minute, NEW.clock_change_seconds, 0)
      AND NEW.start_at + NEW.duration * 60 <= min(
          NEW.day_start + end_minute * 60
          + iif(end_minute >= NEW.clock_change_minute, NEW.clock_change_seconds, 0),
          NEW.day_end));
  SELECT RAISE(ABORT, 'time-off')
  WHERE EXISTS (
    SELECT 1 FROM time_off
    WHERE doctor_id = NEW.doctor_id AND deleted_at IS NULL
      AND end_at > NEW.start_at AND start_at < NEW.start_at + NEW.duration * 60);
END;

-- Rules 3 and 4: no overlap with another appointment, and the doctor's day is not full. These are the conflicts.
--
-- A doctor's busy times do not overlap each other. So only two of them can overlap the new one: that of the
-- appointment before it and that of the appointment after it. A patient's appointments do not overlap each other
-- either, and have no buffers. So only the patient's last appointment that starts before the new end can overlap
-- the new one.
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
  WHERE day.appointments >= max_appointments_per_day
     OR day.booked_mins + NEW.duration > max_booked_mins_per_day;
END;

-- A new appointment is booked and has version 1. Rule 5, the limit of open bookings, applies only to bookings, and
-- only if a Patient books.
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
  INSERT INTO booking_rules
  SELECT NEW.id, NEW.doctor_id, NEW.patient_id, NEW.start_at, NEW.duration, NEW.busy_from, NEW.busy_until,
    at, days.start_at, end_at, weekday, clock_change_minute, clock_change_seconds
  FROM operations LEFT JOIN days ON days.start_at = (SELECT max(start_at) FROM days WHERE start_at <= NEW.start_at)
  WHERE operations.id = NEW.operation_id;
  SELECT RAISE(ABORT, 'too-many-open-bookings') FROM clinic, operations
  WHERE operations.id = NEW.operation_id
    AND EXISTS (SELECT 1 FROM people WHERE id = NEW.booked_by AND account_type = 'Patient')
    AND max_open_bookings < (
      SELECT count(*) FROM appointments
      WHERE patient_id = NEW.patient_id AND cancelled = 0 AND start_at > at AND status = 'Booked');

  UPDATE operations SET row_id = NEW.id WHERE id = NEW.operation_id AND row_id IS NULL;
  INSERT INTO audit (at, actor_id, action, appointment_id, request_id)
  SELECT at, actor_id, 'book', NEW.id, request_id FROM operations WHERE id = NEW.operation_id;
END;

-- An appointment keeps its doctor, its patient and the account that booked it. Before its start, it can be rescheduled
-- and cancelled, and afterwards marked. A cancelled appointment no longer changes. A marked one can only get the other
-- mark. When the patient is erased, the reason and the idempotency key are removed. A new time is checked by the same
-- rules as a booking.
CREATE TRIGGER appointments_updated AFTER UPDATE ON appointments
BEGIN
  SELECT RAISE(ABORT, 'appointments-stay') FROM people
  WHERE people.id = OLD.patient_id AND (
    (NEW.id, NEW.doctor_id, NEW.patient_id, NEW.booked_by) <> (OLD.id, OLD.doctor_id, OLD.patient_id, OLD.booked_by)
    OR (NEW.idempotency_key, NEW.requested_start_at, NEW.requested_duration)
       IS NOT (OLD.idempotency_key, OLD.requested_start_at, OLD.requested_duration)
       AND (NEW.idempotency_key IS NOT NULL OR erased_at IS NULL));
  SELECT RAISE(ABORT, 'appointment-has-ended') FROM people
  WHERE people.id = OLD.patient_id
    AND (OLD.status = 'Cancelled'
         OR OLD.status <> 'Booked'
            AND (NEW.status NOT IN ('Done', 'NoShow')
                 OR (NEW.start_at, NEW.duration) <> (OLD.start_at, OLD.duration)))
    AND (erased_at IS NULL OR NEW.reason IS NOT NULL
         OR (NEW.status, NEW.start_at, NEW.duration) <> (OLD.status, OLD.start_at, OLD.duration));
  SELECT RAISE(ABORT, 'version-must-count') WHERE NEW.version <> OLD.version + 1;
  SELECT RAISE(ABORT, 'appointment-not-started') FROM operations
  WHERE id = NEW.operation_id AND NEW.status IN ('Done', 'NoShow') AND NEW.status <> OLD.status AND OLD.start_at > at;
  SELECT RAISE(ABORT, 'appointment-has-started') FROM operations
  WHERE id = NEW.operation_id AND OLD.start_at <= at
    AND (NEW.reschedules, NEW.start_at, NEW.duration, NEW.status = 'Cancelled')
        <> (OLD.reschedules, OLD.start_at, OLD.duration, OLD.status = 'Cancelled');
  SELECT RAISE(ABORT, 'operation-missing')
  WHERE NEW.operation_id = OLD.operation_id OR NOT EXISTS (SELECT 1 FROM operations WHERE id = NEW.operation_id);
  INSERT INTO booking_rules
  SELECT NEW.id, NEW.doctor_id, NEW.patient_id, NEW.start_at, NEW.duration, NEW.busy_from, NEW.busy_until,
    at, days.start_at, end_at, weekday, clock_change_minute, clock_change_seconds
  FROM operations LEFT JOIN days ON days.start_at = (SELECT max(start_at) FROM days WHERE start_at <= NEW.start_at)
  WHERE operations.id = NEW.operation_id
    AND (NEW.reschedules, NEW.start_at, NEW.duration, NEW.busy_from, NEW.busy_until)
        <> (OLD.reschedules, OLD.start_at, OLD.duration, OLD.busy_from, OLD.busy_until);

  INSERT INTO appointment_changes VALUES (
    NEW.operation_id, NEW.id, OLD.status, NEW.status,
    (NEW.reschedules, NEW.start_at, NEW.duration) <> (OLD.reschedules, OLD.start_at, OLD.duration),
    json_array(OLD.start_at, NEW.start_at), json_array(OLD.duration, NEW.duration), NEW.reason IS NOT OLD.reason);
END;

-- Appointments are never deleted: see appointments in 0001_tables.
CREATE TRIGGER appointments_deleted BEFORE DELETE ON appointments
BEGIN
  SELECT RAISE(ABORT, 'appointments-stay');
END;

-- The audit log

-- Otherwise INSERT OR REPLACE could replace an entry.
CREATE TRIGGER audit_inserted BEFORE INSERT ON audit
BEGIN
  SELECT RAISE(ABORT, 'audit-stays') WHERE EXISTS (SELECT 1 FROM audit WHERE id = NEW.id);
END;

-- Entries never change, with one exception: the network address (source) is removed when the account is erased.
CREATE TRIGGER audit_updated BEFORE UPDATE ON audit
BEGIN
  SELECT RAISE(ABORT, 'audit-stays')
  WHERE NEW.source IS NOT NULL
     OR NOT EXISTS (SELECT 1 FROM people WHERE id = OLD.account_id AND erased_at IS NOT NULL)
     OR (NEW.id, NEW.at, NEW.actor_id, NEW.action, NEW.appointment_id, NEW.account_id, NEW.request_id, NEW.changes)
        IS NOT (
          OLD.id, OLD.at, OLD.actor_id, OLD.action, OLD.appointment_id, OLD.account_id, OLD.request_id, OLD.changes);
END;

-- Entries are never deleted.
CREATE TRIGGER audit_deleted BEFORE DELETE ON audit
BEGIN
  SELECT RAISE(ABORT, 'audit-stays');
END;

-- Writes the audit entry of a changed appointment. The columns are the parts of that entry: `starts` and
-- `durations` are JSON arrays of the old and the new value, and `reason` is 1 if the reason changed. A change of
-- the reason alone gets no entry.
CREATE VIEW appointment_changes AS
SELECT operation_id, id AS appointment_id, '' AS old_status, status, 0 AS rescheduled, '[]' AS starts,
  '[]' AS durations, 0 AS reason
FROM appointments WHERE FALSE;

-- A trigger of its own: with the entry, appointments_updated would be too long to read.
CREATE TRIGGER appointment_changes_inserted INSTEAD OF INSERT ON appointment_changes
BEGIN
  UPDATE operations SET row_id = NEW.appointment_id WHERE id = NEW.operation_id AND row_id IS NULL;
  INSERT INTO audit (at, actor_id, action, appointment_id, request_id, changes)
  SELECT at, actor_id, action, NEW.appointment_id, request_id, changes
  FROM operations, (
    SELECT CASE
      WHEN NEW.status = NEW.old_status THEN 'reschedule'
      WHEN NEW.status = 'Cancelled' THEN 'cancel'
      WHEN NEW.status = 'Done' THEN 'done'
      WHEN NEW.status = 'NoShow' THEN 'no_show'
    END AS action), (
    SELECT json_group_object(member, json(change)) AS changes
    FROM (
      SELECT 'status' AS member, NEW.status <> NEW.old_status AS is_changed,
        json_array(NEW.old_status, NEW.status) AS change
      UNION ALL SELECT 'start_date', NEW.starts ->> 0 <> NEW.starts ->> 1, NEW.starts
      UNION ALL SELECT 'duration', NEW.durations ->> 0 <> NEW.durations ->> 1, NEW.durations
      UNION ALL SELECT 'reason', NEW.status = 'Cancelled' AND NEW.reason, 'null')
    WHERE is_changed)
  WHERE id = NEW.operation_id
    AND (NEW.status <> NEW.old_status OR NEW.rescheduled);
END;
