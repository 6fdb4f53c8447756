-- Each write is made once, or not at all.
--
-- A server's answer can be lost on the way, and the request itself can be late, or come twice. So a
-- write has a name of its own, and whoever is first to note that name here decides: the write, in
-- the statement that makes it, or the program that had no answer, and gives it up. The program's
-- statements do nothing under a name that is noted, before any rule is asked; whatever else would
-- write under it, the key refuses. What names no write is not noted.
CREATE TABLE writes (
  write_id TEXT NOT NULL PRIMARY KEY,
  -- The row that was written; NULL: given up, and never to be made.
  row_id   INTEGER
) STRICT, WITHOUT ROWID;

-- The name of the last write comes with the row, for the triggers to note.
ALTER TABLE clinic ADD COLUMN write_id TEXT;
ALTER TABLE accounts ADD COLUMN write_id TEXT;

-- Ids of time off do not come back: what was to end one that is gone would end another. SQLite
-- promises that only for a table that was made so, and this one is made anew. (Under another name,
-- the triggers that read it would follow it there.)
CREATE TABLE time_off_until_now AS SELECT id, doctor_id, start_at, end_at, reason FROM time_off;
DROP TABLE time_off;
CREATE TABLE time_off (
  id        INTEGER PRIMARY KEY AUTOINCREMENT,
  doctor_id INTEGER NOT NULL REFERENCES accounts,
  start_at  INTEGER NOT NULL CHECK (start_at % 60 = 0),
  end_at    INTEGER NOT NULL CHECK (end_at % 60 = 0 AND end_at > start_at),
  reason    TEXT,
  write_id  TEXT
) STRICT;
INSERT INTO time_off (id, doctor_id, start_at, end_at, reason)
SELECT id, doctor_id, start_at, end_at, reason FROM time_off_until_now ORDER BY id;
DROP TABLE time_off_until_now;

-- As they were; they went with the table. (What time off there is, was let in before.)
CREATE INDEX time_off_by_doctor ON time_off (doctor_id, end_at, start_at);

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

-- What is deleted has no row left to carry a name: it is handed to a view without rows instead.
CREATE VIEW time_off_endings AS SELECT id, write_id FROM time_off WHERE FALSE;

CREATE TRIGGER time_off_is_ended INSTEAD OF INSERT ON time_off_endings
BEGIN
  DELETE FROM time_off WHERE id = NEW.id;
  INSERT INTO writes SELECT NEW.write_id, NEW.id WHERE NEW.write_id IS NOT NULL;
END;

-- The same for a week, of which there may be no stretch left. (`weeks` stays as it is for the code
-- that is still running when this is applied.)
CREATE VIEW week_replacements AS SELECT doctor_id, hours, NULL AS write_id FROM weeks WHERE FALSE;

CREATE TRIGGER weeks_are_replaced_once INSTEAD OF INSERT ON week_replacements
BEGIN
  INSERT INTO weeks VALUES (NEW.doctor_id, NEW.hours);
  INSERT INTO writes SELECT NEW.write_id, NEW.doctor_id WHERE NEW.write_id IS NOT NULL;
END;
