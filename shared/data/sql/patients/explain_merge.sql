-- Why two patients were not merged. `appointments` overlap; see trigger `appointments_updated`.
SELECT json_object(
  'patient', EXISTS (
    SELECT 1 FROM people WHERE id = :id AND account_type = 'Patient' AND erased_at IS NULL),
  'id', coalesce((SELECT merged_into FROM people WHERE id = :id), :id),
  'into', coalesce((SELECT merged_into FROM people WHERE id = :into), :into),
  'stays', (
    SELECT json(document) FROM patient_documents
    WHERE id = coalesce((SELECT merged_into FROM people WHERE id = :into), :into) AND erased_at IS NULL),
  'notes', (SELECT total(length(notes)) FROM people WHERE id IN (:id, :into)),
  'appointments', (
    SELECT json_group_array(id) FROM (
      SELECT one.id FROM appointments AS one
      WHERE one.patient_id IN (:id, :into) AND one.cancelled = 0 AND one.start_at > :now - 3600 - 86400
        AND one.start_at + one.duration * 60 > :now - 3600
        AND EXISTS (
          SELECT 1 FROM appointments AS other
          WHERE other.patient_id = iif(one.patient_id = :id, :into, :id) AND other.cancelled = 0
            AND other.start_at > one.start_at - 86400 AND other.start_at < one.start_at + one.duration * 60
            AND other.start_at + other.duration * 60 > max(one.start_at, :now - 3600))
      ORDER BY one.start_at, one.id)))
