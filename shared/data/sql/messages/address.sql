-- Decides what each claimed message says, and where it goes: to the email of the reader, or as a text message to the phone
-- if there is a gateway for them.
UPDATE messages SET
  kind = coalesce((
    SELECT says FROM queued_appointment_messages AS queued WHERE queued.id = messages.id), kind),
  told = coalesce(told, (SELECT document FROM told_appointments WHERE appointment_id = messages.appointment_id)),
  sent_to = coalesce(address, (
    SELECT coalesce(email, iif(:texts, phone, NULL)) FROM contacts WHERE person_id = reader_id))
WHERE claim = :operation AND EXISTS (SELECT 1 FROM operations WHERE operations.id = :operation)
