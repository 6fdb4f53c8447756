-- Claims due messages for some time: only this sender may send them until then. If the time of an earlier claim passed
-- without an outcome, nobody knows whether that sender sent the message.
--
-- A reader without an email gets a text message, if there is a gateway for them. Otherwise somebody has to call.
UPDATE messages SET
  kind = coalesce(says, kind), told = coalesce(told, document), attempts = attempts + 1,
  unknown = iif(claim IS NULL, unknown, 1), sent_to = due.recipient,
  state = iif(due.recipient IS NULL, 'Call', 'Queued'),
  claim = iif(due.recipient IS NULL, NULL, :operation), claimed_until = iif(due.recipient IS NULL, NULL, :claimed_until)
FROM (
  SELECT messages.id, says, document, coalesce(address, email, iif(:texts, phone, NULL)) AS recipient
  FROM messages JOIN contacts ON person_id = reader_id
  LEFT JOIN queued_appointment_messages AS queued ON queued.id = messages.id
  WHERE state = 'Queued' AND next_at <= :now AND coalesce(claimed_until, 0) <= :now AND coalesce(waits, 0) = 0
    AND (kind <> 'reminder' OR :quiet_until IS NULL OR NOT EXISTS (
      SELECT 1 FROM queued_reminders WHERE queued_reminders.id = messages.id AND queued_reminders.start_at > :quiet_until))
  ORDER BY next_at LIMIT :limit + 0) AS due
WHERE messages.id = due.id AND EXISTS (SELECT 1 FROM operations WHERE operations.id = :operation)
