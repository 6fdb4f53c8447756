-- Delays messages that are not claimed yet, and queues those again that somebody has to call about, if their
-- appointment has changed. After a reschedule they wait for a minute, because people often correct a reschedule. After
-- a cancellation they do not wait. What they say is decided again, so they are not the mail of an earlier attempt any
-- more.
UPDATE messages SET
  state = 'Queued', told = NULL, unknown = 0,
  next_at = iif(change.action = 'reschedule', max(next_at, change.at + :hold), change.at)
FROM (
  SELECT max(id), appointment_id, action, at FROM audit
  WHERE id > (SELECT audit_id FROM message_cursor) AND id <= (SELECT audit_id FROM message_cursor) + :batch
    AND action IN ('reschedule', 'cancel')
  GROUP BY appointment_id) AS change
WHERE messages.appointment_id = change.appointment_id AND kind IN ('booked', 'moved', 'cancelled')
  AND (state = 'Call' OR state = 'Queued' AND told IS NULL AND claim IS NULL)
  AND EXISTS (SELECT 1 FROM operations WHERE id = :operation)
