-- The hours of a date, hours over midnight, and closures of the clinic. 0006_desk has the rules of bookings that use them.

INSERT INTO actions VALUES ('special_hours'), ('closure'), ('closure_end');

-- The date of a day, as YYYY-MM-DD. A day begins at most 14 hours before its date begins in UTC, and at most 12 hours after
-- that. So its date is the one of its weekday among the three dates around its start in UTC. 1970-01-01 was a Thursday.
ALTER TABLE days ADD COLUMN date TEXT GENERATED ALWAYS AS (
  date(start_at + ((weekday - 1 - (start_at / 86400 + 3) % 7 + 10) % 7 - 3) * 86400, 'unixepoch')) VIRTUAL;

-- Hours of one date

-- The hours of a doctor on one date, in place of the hours of its weekday. A row is never deleted: its hours become NULL, and
-- those of the weekday apply again.
CREATE TABLE special_hours (
  doctor_id    INTEGER NOT NULL REFERENCES people,
  date         TEXT    NOT NULL CHECK (date IS date(date)),
  -- A JSON array of {start_minute, end_minute} in order, like the columns of working_hours. An end after minute 1440 is on the
  -- next date, in addition to the hours of that date.
  hours        TEXT    CHECK (json_type(hours) = 'array'),
  operation_id BLOB    NOT NULL,
  PRIMARY KEY (doctor_id, date)
) WITHOUT ROWID, STRICT;

-- The hours of doctors on the clinic's days, as points in time. CROSS JOIN, so that a day is searched for first: a query has
-- its start.
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

-- Checks hours of a date, and writes the audit entry.
CREATE VIEW special_hours_changes AS
SELECT operation_id, doctor_id, date, '' AS before, hours AS after FROM special_hours WHERE FALSE;

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

-- Closures

-- Times when nobody is at work, like holidays. As for time off, deleted closures keep their row.
CREATE TABLE closures (
  id           INTEGER PRIMARY KEY,
  start_at     INTEGER NOT NULL CHECK (start_at % 60 = 0),
  end_at       INTEGER NOT NULL CHECK (end_at % 60 = 0 AND end_at > start_at),
  name         TEXT    NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
  deleted_at   INTEGER,
  operation_id BLOB    NOT NULL
) STRICT;

-- For the rules, which search for closures that end after a time.
CREATE INDEX closures_by_end ON closures (end_at, start_at);

-- A closure cannot overlap booked appointments, as time off of every doctor.
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

-- The only change of a closure is its deletion, once, which sets deleted_at.
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
