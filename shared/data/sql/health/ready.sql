-- Returns the newest migration of which a step was applied, and when the oldest message in the queue was first due, or
-- will be. `next_at > 0` is true for all messages. It lets SQLite read only the index of the queue. Without a clinic
-- there is no row.
SELECT json_object(
  'schema', (SELECT max(version) FROM migrations),
  'oldest', (SELECT min(due_at) FROM messages WHERE state = 'Queued' AND next_at > 0))
FROM clinic
