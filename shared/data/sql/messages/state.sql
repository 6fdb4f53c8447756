-- Whether the audit log has entries that were not read yet, and when the next message is to be sent.
SELECT json_object(
  'has_changes', json(iif(coalesce((SELECT max(id) FROM audit), 0) > audit_id, 'true', 'false')),
  'next_at', (SELECT min(max(next_at, coalesce(claimed_until, 0))) FROM messages WHERE state = 'Queued'),
  'queued', (SELECT count(*) FROM messages WHERE state = 'Queued' AND due_at <= :now),
  'oldest', (SELECT min(due_at) FROM messages WHERE state = 'Queued'))
FROM message_cursor
