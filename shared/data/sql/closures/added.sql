-- Returns the new closure, even if it has been deleted since.
SELECT json_object(
  'clinic', (SELECT json(document) FROM clinic_documents),
  'closure', json_object('id', id, 'start_at', start_at, 'end_at', end_at, 'name', name))
FROM closures WHERE id = (SELECT row_id FROM operations WHERE id = :operation)
