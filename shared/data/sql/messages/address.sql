-- Sets the content and the recipient of each claimed message. The recipient is the reader's email. Without an email, it
-- is the phone, if there is a gateway for text messages.
UPDATE messages SET
  kind = coalesce((
    SELECT says FROM queued_appointment_messages AS queued WHERE queued.id = messages.id), kind),
  told = coalesce(told, (SELECT document FROM told_appointments WHERE appointment_id = messages.appointment_id)),
  sent_to = coalesce(address, (
    SELECT coalesce(email, iif(:texts, phone, NULL)) FROM contacts WHERE person_id = reader_id))
WHERE claim = :operation AND EXISTS (SELECT 1 FROM operations WHERE operations.id = :operation)
