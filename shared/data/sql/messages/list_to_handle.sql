-- Returns messages that somebody has to handle. The second condition on `state` lets SQLite use the index
-- `messages_to_handle`.
SELECT json_group_array(json(document))
FROM (
  SELECT document FROM message_documents
  WHERE id < :before AND state = :state AND state IN ('Failed', 'Call')
  ORDER BY id DESC LIMIT :limit + 0)
