-- Plans, which change several appointments at once, and series.

-- The series that the appointment was booked in. Appointments of a series are rescheduled and cancelled one by one, unless a
-- request cancels the later ones as well.
ALTER TABLE appointments ADD COLUMN series_id INTEGER;

CREATE INDEX appointments_of_series ON appointments (series_id, start_at) WHERE series_id IS NOT NULL;

-- The documents for programs

DROP VIEW appointment_documents;

-- As before, with the series.
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

-- Rules

DROP TRIGGER appointments_updated;

-- As before. An appointment also keeps its series.
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

-- A step of a plan: cancels an appointment, or reschedules it to another start or another doctor. Programs insert into it.
-- NULL keeps the start or the doctor. A program that finds no appointment inserts a step without one, so that the whole plan
-- is refused. It also inserts a step without a change for each appointment that the plan must name and does not.
CREATE VIEW plan_steps AS
SELECT operation_id, id AS appointment_id, cancelled AS cancels, start_at, doctor_id, reason FROM appointments WHERE FALSE;

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
