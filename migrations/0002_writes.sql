-- What a program calls its write. Where a server's answer was lost on the way, a change is found by
-- it: it was done, or it was not, and nobody has to guess. (A booking is found by its idempotency
-- key, an account by its password's hash, which has a salt of its own.)

-- The last change of an appointment.
ALTER TABLE appointments ADD COLUMN write_id TEXT;

-- Unique: a write that arrives twice, the first time late, is done once.
ALTER TABLE time_off ADD COLUMN write_id TEXT;
CREATE UNIQUE INDEX time_off_by_write ON time_off (write_id);
