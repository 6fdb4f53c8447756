SELECT json_object(
  'clinic', (SELECT json(document) FROM clinic_documents),
  'closures', (
    SELECT json_group_array(json(document)) FROM (
      SELECT json_object('id', id, 'start_at', start_at, 'end_at', end_at, 'name', name) AS document FROM closures
      WHERE deleted_at IS NULL AND (start_at, id) > (:after_start, :after_id)
      ORDER BY start_at, id LIMIT :limit + 0)))
