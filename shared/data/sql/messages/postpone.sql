-- Reminders that were not sent before the quiet hours are due at their end, unless the appointment starts before.
UPDATE messages SET next_at = :quiet_until, due_at = iif(unknown, due_at, :quiet_until)
WHERE state = 'Queued' AND next_at > 0 AND next_at < :quiet_until AND kind = 'reminder'
  AND coalesce(claimed_until, 0) <= :now
  AND EXISTS (SELECT 1 FROM true_reminders WHERE message_id = messages.id AND start_at > :quiet_until)
  AND EXISTS (SELECT 1 FROM operations WHERE operations.id = :operation)
