SELECT json_group_array(json(document))
FROM (
  SELECT document FROM message_documents
  WHERE id < :before AND (:state IS NULL OR state = :state)
  ORDER BY id DESC LIMIT :limit + 0)
