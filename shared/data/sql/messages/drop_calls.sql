-- Drops calls about appointments that have begun, and about reminders that are no longer true. The second condition on
-- `state` lets SQLite use the index `messages_to_handle`.
UPDATE messages SET state = 'Dropped'
WHERE state = 'Call' AND state IN ('Failed', 'Call') AND EXISTS (SELECT 1 FROM operations WHERE operations.id = :operation)
  AND iif(kind = 'reminder',
    NOT EXISTS (SELECT 1 FROM true_reminders WHERE message_id = messages.id AND start_at > :now),
    EXISTS (SELECT 1 FROM appointments WHERE appointments.id = appointment_id AND start_at <= :now))
