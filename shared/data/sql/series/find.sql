-- Returns the appointments of the series of an appointment, in the order in which they were booked.
SELECT json_object(
  'clinic', (SELECT json(document) FROM clinic_documents),
  'appointments', (
    SELECT json_group_array(json_object('id', id, 'start_at', start_at)) FROM (
      SELECT id, start_at FROM appointments
      WHERE series_id = (SELECT series_id FROM appointments WHERE id = :id) ORDER BY id)))
