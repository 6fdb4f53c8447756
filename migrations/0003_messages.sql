-- Messages to people: mails and text messages about appointments and accounts.
--
-- No program that changes something knows about messages. The audit log is the queue: its ids are in the order of the
-- commits. The sender reads the log from a cursor, and inserts messages and moves the cursor in one transaction. So a
-- message follows from its change exactly once, and a booking writes nothing for its mail.
--
-- What a message about an appointment says is decided when it is claimed, from what the reader was told before. So of
-- several changes within a minute only the last is told, and what is no longer true is dropped.

-- The contact of the clinic, its language, and its policy for messages

ALTER TABLE clinic ADD COLUMN phone TEXT CHECK (length(phone) BETWEEN 1 AND 50);
ALTER TABLE clinic ADD COLUMN email TEXT CHECK (length(email) BETWEEN 3 AND 254);
ALTER TABLE clinic ADD COLUMN address TEXT CHECK (length(address) BETWEEN 1 AND 500);
-- A language tag (BCP 47).
ALTER TABLE clinic ADD COLUMN language TEXT NOT NULL DEFAULT 'en' CHECK (length(language) BETWEEN 2 AND 35);
-- A JSON array: how many minutes before its start a reader is reminded of an appointment.
ALTER TABLE clinic ADD COLUMN reminder_minutes TEXT NOT NULL DEFAULT '[1440]' CHECK (json_type(reminder_minutes) = 'array');
-- Minutes of the clinic's day between which no reminder is sent. The end can be on the next day.
ALTER TABLE clinic ADD COLUMN quiet_start INTEGER CHECK (quiet_start BETWEEN 0 AND 1439);
ALTER TABLE clinic ADD COLUMN quiet_end INTEGER
  CHECK (quiet_end BETWEEN 0 AND 1439 AND (quiet_end IS NULL) = (quiet_start IS NULL) AND quiet_end <> quiet_start);
-- How many minutes before the start a Patient can still reschedule an appointment. NULL: Patients cannot reschedule.
ALTER TABLE clinic ADD COLUMN patient_reschedule_notice INTEGER
  CHECK (patient_reschedule_notice BETWEEN 0 AND 525600);
-- Whether a Patient can book only after the email was verified.
ALTER TABLE clinic ADD COLUMN require_verified_email INTEGER NOT NULL DEFAULT 0
  CHECK (require_verified_email IN (0, 1));

-- People

-- E.164, with the plus.
ALTER TABLE people ADD COLUMN phone TEXT CHECK (phone GLOB '+[1-9]*' AND length(phone) BETWEEN 3 AND 16);
-- A language tag (BCP 47). NULL: the language of the clinic.
ALTER TABLE people ADD COLUMN language TEXT CHECK (length(language) BETWEEN 2 AND 35);

-- When the reader said, by the link of a mail, that they will come. NULL after a reschedule.
ALTER TABLE appointments ADD COLUMN confirmed_at INTEGER;

-- When the reader proved that the email is theirs: they used a link that was sent to it.
ALTER TABLE logins ADD COLUMN verified_at INTEGER;

INSERT INTO actions VALUES ('invite');

-- Messages

-- What a message is about.
CREATE TABLE message_kinds (name TEXT NOT NULL PRIMARY KEY) WITHOUT ROWID, STRICT;

INSERT INTO message_kinds VALUES
  ('booked'), ('moved'), ('cancelled'), ('reminder'), ('verify_email'), ('reset_password'), ('invitation'),
  ('password_changed');

-- Queued: waits for its time or for another attempt. Sent, Failed: the outcome. Dropped: it was no longer true.
-- Call: nothing can be sent to the reader, so somebody has to call. Done: somebody did.
CREATE TABLE message_states (name TEXT NOT NULL PRIMARY KEY) WITHOUT ROWID, STRICT;

INSERT INTO message_states VALUES ('Queued'), ('Sent'), ('Failed'), ('Dropped'), ('Call'), ('Done');

-- A message to one reader.
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

-- The sender searches for messages that are due. Few are queued at a time.
CREATE INDEX messages_to_send ON messages (next_at) WHERE state = 'Queued';
CREATE INDEX messages_of_claim ON messages (claim) WHERE claim IS NOT NULL;
-- What a reader was told about an appointment, newest first.
CREATE INDEX messages_of_appointment ON messages (appointment_id, reader_id) WHERE appointment_id IS NOT NULL;
CREATE INDEX messages_of_patient ON messages (patient_id) WHERE patient_id IS NOT NULL;
-- The messages of an account, and how many of a kind it was sent lately.
CREATE INDEX messages_of_reader ON messages (reader_id, kind, due_at);
-- The lists of messages that need somebody's attention.
CREATE INDEX messages_to_handle ON messages (state) WHERE state IN ('Failed', 'Call');

-- The appointments of each reminder. The key makes sure that a reader is reminded once of a booking or a reschedule, also
-- by a reminder that was created late, or by two senders at once.
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

-- The newest audit entry whose messages were inserted. One row. Changes of before this migration are told to nobody.
CREATE TABLE message_cursor (
  id       INTEGER PRIMARY KEY CHECK (id = 1),
  audit_id INTEGER NOT NULL
) STRICT;

INSERT INTO message_cursor SELECT 1, coalesce(max(id), 0) FROM audit;

-- The secret links in mails, as hashes (SHA-256). They are inserted when the message is claimed, so that only the mail
-- has the secret.
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

-- The secret addresses of calendar feeds, as hashes (SHA-256). An account has at most one.
CREATE TABLE feeds (
  person_id INTEGER PRIMARY KEY REFERENCES people,
  hash      BLOB    NOT NULL UNIQUE CHECK (length(hash) = 32),
  -- Whether the feed names the other person of each appointment.
  details   INTEGER NOT NULL CHECK (details IN (0, 1))
) STRICT;

-- Views for the sender

-- Who is told about the appointments of a patient.
CREATE VIEW readers AS
SELECT id AS patient_id, id AS reader_id FROM people WHERE account_type = 'Patient' AND erased_at IS NULL;

-- How a person can be reached.
CREATE VIEW contacts AS
SELECT people.id AS person_id, people.name, logins.email, people.phone,
  coalesce(people.language, clinic.language) AS language, verified_at
FROM clinic, people LEFT JOIN logins ON logins.person_id = people.id
WHERE erased_at IS NULL;

-- What a message says about each appointment.
CREATE VIEW told_appointments AS
SELECT id AS appointment_id, patient_id, start_at, status, json_object(
  'status', status, 'start_at', start_at, 'duration', duration, 'doctor_id', doctor_id) AS document
FROM appointments;

-- The queued messages about appointments. `says` is the kind that the message has if it is sent now. NULL: there is
-- nothing to say.
--
-- After an attempt whose outcome is unknown, the message says the same again or nothing. What is new is another message,
-- which waits until this one has an outcome. If this one was certainly not sent, only the other one is.
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
  SELECT *, (
    SELECT earlier.told FROM messages AS earlier
    WHERE earlier.appointment_id = messages.appointment_id AND earlier.reader_id = messages.reader_id
      AND earlier.id < messages.id AND earlier.kind <> 'reminder'
      AND (earlier.state IN ('Sent', 'Done') OR earlier.unknown = 1)
    ORDER BY earlier.id DESC LIMIT 1) AS before
  FROM messages
  WHERE state = 'Queued' AND kind IN ('booked', 'moved', 'cancelled')) AS messages
JOIN told_appointments USING (appointment_id);

-- The links of accounts that can be used until they expire. A deactivated account has none. A request to change the
-- email replaces the earlier ones.
CREATE VIEW account_links AS
SELECT hash, expires_at, kind, reader_id, address, sent_to
FROM links JOIN messages ON messages.id = links.message_id JOIN people ON people.id = reader_id
WHERE used_at IS NULL AND links.appointment_id IS NULL AND active = 1
  AND (address IS NULL OR NOT EXISTS (
    SELECT 1 FROM messages AS later
    WHERE later.reader_id = messages.reader_id AND later.kind = messages.kind AND later.id > messages.id
      AND later.address IS NOT NULL));

-- The links of messages about appointments. Each can be used until its appointment starts: `start_at` is the present
-- start, so a link of before a reschedule still works. A link of a deactivated account does nothing. Responses leave out
-- what the document has about the patient.
CREATE VIEW appointment_links AS
SELECT hash, messages.reader_id, appointments.id AS appointment_id, start_at, json_object(
  'reader_id', messages.reader_id,
  'clinic', (SELECT json(document) FROM clinic_documents),
  'appointment', (SELECT json(document) FROM appointment_documents WHERE id = appointments.id),
  'specialty', doctor.specialty) AS document
FROM links
JOIN messages ON messages.id = links.message_id
JOIN appointments ON appointments.id = links.appointment_id
JOIN readers ON readers.patient_id = appointments.patient_id AND readers.reader_id = messages.reader_id
JOIN people AS reader ON reader.id = messages.reader_id
JOIN people AS doctor ON doctor.id = doctor_id
WHERE reader.active = 1;

-- The messages whose links can set a password or an email.
CREATE VIEW credential_messages AS
SELECT id, reader_id FROM messages
WHERE kind IN ('verify_email', 'reset_password', 'invitation') AND (kind <> 'verify_email' OR address IS NOT NULL);

-- The appointments of each reminder that are still as it says.
CREATE VIEW true_reminders AS
SELECT message_id, appointment_id, appointments.start_at
FROM reminders JOIN appointments ON appointments.id = appointment_id
WHERE status = 'Booked' AND audit_id = (
  SELECT max(id) FROM audit WHERE audit.appointment_id = appointments.id AND action IN ('book', 'reschedule'));

-- The documents for programs

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

DROP VIEW clinic_documents;

CREATE VIEW clinic_documents AS
SELECT json_object(
  'public_id', public_id, 'name', name, 'time_zone', time_zone, 'calendar_version', calendar_version,
  'min_duration', min_duration, 'max_duration', max_duration,
  'max_appointments_per_day', max_appointments_per_day, 'max_booked_mins_per_day', max_booked_mins_per_day,
  'booking_horizon_days', booking_horizon_days, 'slot_step', slot_step,
  'patient_cancel_notice', patient_cancel_notice, 'patient_reschedule_notice', patient_reschedule_notice,
  'max_open_bookings', max_open_bookings, 'phone', phone, 'email', email, 'address', address, 'language', language,
  'reminder_minutes', json(reminder_minutes), 'quiet_start', quiet_start, 'quiet_end', quiet_end,
  'require_verified_email', json(iif(require_verified_email, 'true', 'false'))) AS document
FROM clinic;

DROP VIEW account_documents;

CREATE VIEW account_documents AS
SELECT *, json_object(
  'id', id, 'name', name, 'email', email, 'account_type', account_type,
  'active', json(iif(active, 'true', 'false')), 'phone', phone, 'language', language,
  'email_verified', json(iif(verified_at IS NULL, 'false', 'true')),
  'feed', (
    SELECT json_object('details', json(iif(details, 'true', 'false'))) FROM feeds WHERE feeds.person_id = people.id))
  AS document
FROM people JOIN logins ON logins.person_id = id;

DROP VIEW appointment_documents;

-- moved_from: the start before the last reschedule to another start. A new duration alone does not count.
CREATE VIEW appointment_documents AS
SELECT *, json_object(
  'id', id, 'doctor_id', doctor_id, 'patient_id', patient_id, 'start_at', start_at, 'duration', duration,
  'status', status, 'reason', reason, 'version', version, 'confirmed_at', confirmed_at,
  'doctor_name', (SELECT name FROM people WHERE people.id = doctor_id),
  'patient_name', (SELECT name FROM people WHERE people.id = patient_id),
  'moved_from', iif(reschedules = 0, NULL, (
    SELECT changes ->> '$.start_date[0]' FROM audit
    WHERE audit.appointment_id = appointments.id AND action = 'reschedule' AND changes ->> '$.start_date' IS NOT NULL
    ORDER BY audit.id DESC LIMIT 1))) AS document
FROM appointments;

DROP VIEW audit_documents;

CREATE VIEW audit_documents AS
SELECT *, json_object(
  'id', id, 'at', at, 'actor_id', actor_id, 'actor_name', (SELECT name FROM people WHERE people.id = actor_id),
  'action', action, 'appointment_id', appointment_id, 'account_id', account_id,
  'account_name', (SELECT name FROM people WHERE people.id = account_id), 'request_id', request_id,
  'source', source, 'changes', json(changes)) AS document
FROM audit;

-- Rules

DROP TRIGGER clinic_updated;

-- As before, with the new members. `before` and `after` are JSON.
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

DROP TRIGGER people_updated;

-- As before, with the new members.
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
      UNION ALL SELECT 'phone', NEW.phone IS NOT OLD.phone, 'null'
      UNION ALL SELECT 'language', NEW.language IS NOT OLD.language, 'null'
      UNION ALL SELECT 'active', NEW.active <> OLD.active, iif(NEW.active, '[false,true]', '[true,false]')
      UNION ALL SELECT 'specialty', NEW.specialty IS NOT OLD.specialty, json_array(OLD.specialty, NEW.specialty)
      UNION ALL SELECT 'details', NEW.details IS NOT OLD.details, json_array(OLD.details, NEW.details))
    WHERE is_changed)
  WHERE id = NEW.operation_id AND (changes <> '{}' OR NEW.erased_at IS NOT NULL);
END;

DROP TRIGGER logins_inserted;

-- As before. A login without a password has a hash that no password has. Its person is invited to set one.
CREATE TRIGGER logins_inserted BEFORE INSERT ON logins
BEGIN
  SELECT RAISE(ABORT, 'email-taken') WHERE EXISTS (SELECT 1 FROM logins WHERE email_key = NEW.email_key);
  SELECT RAISE(ABORT, 'logins-stay') WHERE EXISTS (SELECT 1 FROM logins WHERE person_id = NEW.person_id);
  SELECT RAISE(ABORT, 'operation-missing') WHERE NOT EXISTS (SELECT 1 FROM operations WHERE id = NEW.operation_id);

  INSERT INTO audit (at, actor_id, action, account_id, request_id)
  SELECT at, actor_id, 'invite', NEW.person_id, request_id FROM operations
  WHERE id = NEW.operation_id AND NEW.password_hash = '$argon2id$none';
END;

DROP TRIGGER logins_updated;

-- As before, with an entry of a changed email.
--
-- A new password or email ends the links that were sent before and can set one, and drops those that are not sent yet.
-- Otherwise somebody who can read the old mails could take the account. A sign-in that only renews the hash of the same
-- password ends nothing: its operation is a session.
CREATE TRIGGER logins_updated BEFORE UPDATE ON logins
BEGIN
  SELECT RAISE(ABORT, 'logins-stay') WHERE NEW.person_id <> OLD.person_id;
  SELECT RAISE(ABORT, 'email-taken')
  WHERE EXISTS (SELECT 1 FROM logins WHERE email_key = NEW.email_key AND person_id <> OLD.person_id);
  SELECT RAISE(ABORT, 'operation-missing')
  WHERE NEW.operation_id = OLD.operation_id OR NOT EXISTS (SELECT 1 FROM operations WHERE id = NEW.operation_id);

  UPDATE operations SET row_id = NEW.person_id WHERE id = NEW.operation_id AND row_id IS NULL;
  INSERT INTO audit (at, actor_id, action, account_id, request_id, changes)
  SELECT at, actor_id, action, NEW.person_id, request_id, changes FROM operations, (
    SELECT 'password' AS action, NULL AS changes WHERE NEW.password_hash <> OLD.password_hash
    UNION ALL SELECT 'profile', '{"email":null}' WHERE NEW.email <> OLD.email)
  WHERE id = NEW.operation_id
    AND NOT EXISTS (SELECT 1 FROM sessions WHERE id = NEW.operation_id)
    AND NOT EXISTS (SELECT 1 FROM people WHERE id = NEW.person_id AND erased_at IS NOT NULL);

  UPDATE links SET used_at = (SELECT at FROM operations WHERE id = NEW.operation_id)
  WHERE (NEW.email, NEW.password_hash) <> (OLD.email, OLD.password_hash) AND used_at IS NULL
    AND message_id IN (SELECT id FROM credential_messages WHERE reader_id = NEW.person_id)
    AND NOT EXISTS (SELECT 1 FROM sessions WHERE id = NEW.operation_id);
  UPDATE messages SET state = 'Dropped', address = NULL, claim = NULL, claimed_until = NULL
  WHERE (NEW.email, NEW.password_hash) <> (OLD.email, OLD.password_hash) AND state IN ('Queued', 'Failed', 'Call')
    AND id IN (SELECT id FROM credential_messages WHERE reader_id = NEW.person_id)
    AND NOT EXISTS (SELECT 1 FROM sessions WHERE id = NEW.operation_id);
END;

DROP TRIGGER appointments_inserted;

-- As before, with the rule about verified emails.
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
  -- Before the rules about the time: whether the Patient may book at all comes first.
  SELECT RAISE(ABORT, 'email-not-verified') FROM clinic, people JOIN logins ON person_id = people.id
  WHERE people.id = NEW.booked_by AND account_type = 'Patient' AND require_verified_email = 1 AND verified_at IS NULL;
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
