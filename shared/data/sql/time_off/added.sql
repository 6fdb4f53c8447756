-- Returns the new time off, even if it has been deleted since.
SELECT json_object(
  'clinic', (SELECT json(document) FROM clinic_documents),
  'time_off', json_object('id', id, 'start_at', start_at, 'end_at', end_at, 'reason', reason))
FROM time_off WHERE id = (SELECT row_id FROM operations WHERE id = :operation)
