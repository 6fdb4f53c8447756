-- Inserts the hashes of the links of the claimed messages. If the list of hashes is too short, the last messages get
-- none.
INSERT INTO links (hash, message_id, claim, appointment_id, expires_at)
SELECT unhex(:hashes ->> number), message_id, :operation, appointment_id, expires_at
FROM (
  SELECT row_number() OVER (ORDER BY messages.id, appointments.id) - 1 AS number, messages.id AS message_id,
    appointments.id AS appointment_id, coalesce(appointments.start_at, :now + (:lifetimes ->> kind)) AS expires_at
  FROM messages LEFT JOIN reminders ON reminders.message_id = messages.id
  LEFT JOIN appointments ON appointments.id = coalesce(messages.appointment_id, reminders.appointment_id)
  WHERE claim = :operation AND kind <> 'cancelled'
  GROUP BY messages.id, appointments.id)
WHERE expires_at IS NOT NULL AND number < json_array_length(:hashes) AND EXISTS (SELECT 1 FROM operations WHERE id = :operation)
