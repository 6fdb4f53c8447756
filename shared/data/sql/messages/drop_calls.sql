-- Nobody has to call any more about an appointment that has begun, or about a reminder that is no longer true.
UPDATE messages SET state = 'Dropped'
WHERE state = 'Call' AND state IN ('Failed', 'Call') AND EXISTS (SELECT 1 FROM operations WHERE operations.id = :operation)
  AND iif(kind = 'reminder',
    NOT EXISTS (SELECT 1 FROM true_reminders WHERE message_id = messages.id AND start_at > :now),
    EXISTS (SELECT 1 FROM appointments WHERE appointments.id = appointment_id AND start_at <= :now))
