-- Returns the appointment, and all that were cancelled by the change, in the order of their starts.
SELECT json_object(
  'clinic', (SELECT json(document) FROM clinic_documents),
  'appointment', json(document),
  'cancelled', (
    SELECT json_group_array(id) FROM (
      SELECT id, start_at FROM appointments WHERE id = :id AND operation_id = :operation
      UNION
      SELECT id, start_at FROM appointments
      WHERE series_id = appointment_documents.series_id AND operation_id = :operation
      ORDER BY start_at)))
FROM appointment_documents
WHERE id = :id AND EXISTS (SELECT 1 FROM operations WHERE id = :operation AND row_id IS NOT NULL)
