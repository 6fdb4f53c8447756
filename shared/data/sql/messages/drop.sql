-- Drops messages that are no longer true: there is nothing to send, the appointment has begun, or the account cannot use
-- them. A message that waits for the outcome of an earlier one (`waits`) is not dropped. The earlier one is dropped
-- before its next attempt, so that the other one need not wait for that.
UPDATE messages SET
  state = 'Dropped', unknown = iif(claim IS NULL, unknown, 1), claim = NULL, claimed_until = NULL, address = NULL
WHERE state = 'Queued' AND next_at > 0 AND (next_at <= :now OR told IS NOT NULL) AND coalesce(claimed_until, 0) <= :now
  AND EXISTS (SELECT 1 FROM operations WHERE operations.id = :operation)
  AND (NOT EXISTS (SELECT 1 FROM contacts WHERE person_id = reader_id)
    -- A guardian who was taken away is not told any more.
    OR kind IN ('booked', 'moved', 'cancelled', 'reminder') AND reader_id <> patient_id AND NOT EXISTS (
      SELECT 1 FROM guardians
      WHERE guardians.patient_id = messages.patient_id AND account_id = reader_id AND guardians.active = 1)
    OR kind IN ('verify_email', 'reset_password', 'invitation')
      AND NOT EXISTS (SELECT 1 FROM people WHERE people.id = reader_id AND active = 1)
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
