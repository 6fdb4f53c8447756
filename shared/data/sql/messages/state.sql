-- Returns whether the audit log has entries that were not read yet, and which messages wait. `next_at > 0` is true for
-- all messages. It lets SQLite read only the index of the queue.
SELECT json_object(
  'has_changes', json(iif(coalesce((SELECT max(id) FROM audit), 0) > audit_id, 'true', 'false')),
  'next_at', (
    SELECT next_at FROM messages
    WHERE state = 'Queued' AND next_at > 0 AND coalesce(claimed_until, 0) <= :now
    ORDER BY next_at LIMIT 1),
  'due', (SELECT count(*) FROM messages WHERE state = 'Queued' AND next_at <= :now),
  'oldest', (SELECT min(due_at) FROM messages WHERE state = 'Queued' AND next_at > 0))
FROM message_cursor
