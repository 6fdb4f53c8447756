-- Who signs in, who did what, and what is forgotten.
--
-- From here on a write's name (`write_id`) is a JSON object that also says where the write comes from:
-- {"id": random, "at": the writer's clock, "actor_id": the account that is signed in, "request_id": …}.
-- So the trail below is written by the very statement that makes the change. A name of another form,
-- or none, tells nothing, and the trail then names nobody.

-- A token carries its account's token version, and an id of its own. Raising the version ends all
-- tokens, save one, if that is kept.
ALTER TABLE accounts ADD COLUMN kept_token INTEGER;
ALTER TABLE accounts ADD COLUMN signed_in_at INTEGER;
-- Where a registration by anyone but an Admin came from: for an hour, to count them.
ALTER TABLE accounts ADD COLUMN registered_from TEXT;
-- When the personal data of a Patient was erased.
ALTER TABLE accounts ADD COLUMN erased_at INTEGER;

CREATE INDEX accounts_by_source ON accounts (registered_from, created_at) WHERE registered_from IS NOT NULL;

CREATE TRIGGER registration_sources_are_forgotten AFTER INSERT ON accounts WHEN NEW.registered_from IS NOT NULL
BEGIN
  UPDATE accounts SET registered_from = NULL
  WHERE registered_from IS NOT NULL AND created_at <= NEW.created_at - 3600;
END;

-- Registrations that were refused since the email has an account: they count as well, or else somebody
-- could ask for one email after the other.
CREATE TABLE refused_registrations (
  name   TEXT    NOT NULL PRIMARY KEY,
  source TEXT    NOT NULL,
  at     INTEGER NOT NULL
) STRICT;

CREATE INDEX refused_registrations_by_source ON refused_registrations (source, at);
CREATE INDEX refused_registrations_by_time ON refused_registrations (at);

CREATE TRIGGER refused_registrations_are_forgotten AFTER INSERT ON refused_registrations
BEGIN
  DELETE FROM refused_registrations WHERE at <= NEW.at - 3600;
END;

-- Somebody must be able to let the others in.
CREATE TRIGGER an_admin_stays_active BEFORE UPDATE OF active ON accounts
WHEN OLD.account_type = 'Admin' AND OLD.active = 1 AND NEW.active = 0
BEGIN
  SELECT RAISE(ABORT, 'last-admin')
  WHERE NOT EXISTS (SELECT 1 FROM accounts WHERE account_type = 'Admin' AND active = 1 AND id <> NEW.id);
END;

-- Attempts at signing in that have not succeeded, or not yet: each is noted before its password is
-- compared, so that however many come at once, no more are compared than the limits allow. What was
-- typed as an email may be anything, a password too: of it there is only a hash here.
CREATE TABLE sign_in_attempts (
  name       TEXT    NOT NULL PRIMARY KEY,
  email_hash TEXT    NOT NULL,
  source     TEXT    NOT NULL,
  at         INTEGER NOT NULL
) STRICT;

CREATE INDEX sign_in_attempts_by_email ON sign_in_attempts (email_hash, source, at);
CREATE INDEX sign_in_attempts_by_source ON sign_in_attempts (source, at);
CREATE INDEX sign_in_attempts_by_time ON sign_in_attempts (at);

CREATE TRIGGER sign_in_attempts_are_forgotten AFTER INSERT ON sign_in_attempts
BEGIN
  DELETE FROM sign_in_attempts WHERE at <= NEW.at - 3600;
END;

-- Where an account has signed in from before: guesses from elsewhere do not lock its owner out there.
CREATE TABLE sign_in_sources (
  account_id INTEGER NOT NULL,
  source     TEXT    NOT NULL,
  at         INTEGER NOT NULL,
  PRIMARY KEY (account_id, source)
) STRICT, WITHOUT ROWID;

CREATE INDEX sign_in_sources_by_time ON sign_in_sources (at);

-- A sign-in that succeeded: INSERT it here. Its attempt was none at guessing; a source that was not
-- used for 90 days is forgotten; and a hash by parameters that are no longer good enough is replaced.
CREATE VIEW sign_ins AS
SELECT id AS account_id, NULL AS attempt, NULL AS source, NULL AS at, NULL AS password_hash, NULL AS write_id
FROM accounts WHERE FALSE;

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

-- A password changed by who has it: all tokens end, but the one that asked for it. INSERT it here.
CREATE VIEW password_changes AS
SELECT id AS account_id, NULL AS attempt, NULL AS password_hash, NULL AS token_id, NULL AS write_id
FROM accounts WHERE FALSE;

CREATE TRIGGER passwords_are_changed INSTEAD OF INSERT ON password_changes
BEGIN
  DELETE FROM sign_in_attempts WHERE name = NEW.attempt;
  UPDATE accounts SET
    password_hash = NEW.password_hash, token_version = token_version + 1, kept_token = NEW.token_id,
    write_id = NEW.write_id
  WHERE id = NEW.account_id;
END;

-- Erasing. The row stays, for appointments to be whose they are; nothing of a person is left in it.
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

-- What was written freely goes from the appointments too.
CREATE TRIGGER erasing_reaches_appointments AFTER UPDATE OF erased_at ON accounts
BEGIN
  DELETE FROM sign_in_sources WHERE account_id = NEW.id;
  UPDATE appointments SET reason = NULL, idempotency_key = NULL, version = version + 1
  WHERE patient_id = NEW.id AND (reason IS NOT NULL OR idempotency_key IS NOT NULL);
END;

-- As they were, but for that.
DROP TRIGGER appointments_stay_whose_they_are;
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

DROP TRIGGER appointments_end_once;
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

-- The audit trail: who did what to which appointment or account, when, and in which request. It names
-- nobody but by the ids of accounts.
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

-- A line of the trail, as the triggers below hand it over: what a write's name tells is taken from it
-- here. Who registers, or signs in, is nobody yet: themselves.
CREATE VIEW trail AS SELECT NULL AS write_id, action, appointment_id, account_id FROM audit WHERE FALSE;

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

-- What is deleted, and a week, carry no name: the views that they are changed through do.
DROP TRIGGER time_off_is_ended;
CREATE TRIGGER time_off_is_ended INSTEAD OF INSERT ON time_off_endings
BEGIN
  INSERT INTO trail SELECT NEW.write_id, 'time_off', NULL, doctor_id FROM time_off WHERE id = NEW.id;
  DELETE FROM time_off WHERE id = NEW.id;
  INSERT INTO writes SELECT NEW.write_id, NEW.id WHERE NEW.write_id IS NOT NULL;
END;

DROP TRIGGER weeks_are_replaced_once;
CREATE TRIGGER weeks_are_replaced_once INSTEAD OF INSERT ON week_replacements
BEGIN
  INSERT INTO weeks VALUES (NEW.doctor_id, NEW.hours);
  INSERT INTO trail VALUES (NEW.write_id, 'working_hours', NULL, NEW.doctor_id);
  INSERT INTO writes SELECT NEW.write_id, NEW.doctor_id WHERE NEW.write_id IS NOT NULL;
END;
