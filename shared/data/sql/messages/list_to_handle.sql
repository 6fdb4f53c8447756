-- Messages that somebody has to do something about. There are few.
SELECT json_group_array(json(document))
FROM (
  SELECT document FROM message_documents
  WHERE id < :before AND state = :state AND state IN ('Failed', 'Call')
  ORDER BY id DESC LIMIT :limit + 0)
