-- Drops due messages that are no longer true: nothing is left to say, the appointment has begun, or the account was
-- erased. While one message of a reader about an appointment may be on its way, the next one waits. If the time of a claim
-- passed without an outcome, the reader may have been told.
UPDATE messages SET state = 'Dropped', unknown = iif(claim IS NULL, unknown, 1), claim = NULL, claimed_until = NULL, address = NULL
WHERE state = 'Queued' AND next_at <= :now AND coalesce(claimed_until, 0) <= :now
  AND EXISTS (SELECT 1 FROM operations WHERE operations.id = :operation)
  AND (NOT EXISTS (SELECT 1 FROM contacts WHERE person_id = reader_id)
    OR CASE kind
      WHEN 'reminder' THEN NOT EXISTS (
        SELECT 1 FROM true_reminders WHERE message_id = messages.id AND start_at > :now)
      WHEN 'verify_email' THEN EXISTS (
        SELECT 1 FROM contacts WHERE person_id = reader_id AND verified_at IS NOT NULL AND address IS NULL)
        OR address IS NOT NULL AND EXISTS (
          SELECT 1 FROM messages AS later
          WHERE later.reader_id = messages.reader_id AND later.kind = 'verify_email' AND later.id > messages.id
            AND later.address IS NOT NULL)
      WHEN 'invitation' THEN NOT EXISTS (
        SELECT 1 FROM logins WHERE person_id = reader_id AND password_hash = '$argon2id$none')
      ELSE appointment_id IS NOT NULL AND EXISTS (
        SELECT 1 FROM queued_appointment_messages AS queued
        WHERE queued.id = messages.id AND waits = 0
          AND (says IS NULL OR says <> 'cancelled' AND start_at <= :now))
    END)
