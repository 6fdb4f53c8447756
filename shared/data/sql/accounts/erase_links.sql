DELETE FROM links
WHERE message_id IN (
  SELECT id FROM messages WHERE reader_id = (SELECT row_id FROM operations WHERE id = :operation))
