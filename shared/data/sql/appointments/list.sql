SELECT json_group_array(json(document)) FROM (
  SELECT document FROM appointment_documents
  WHERE (start_at, id) > (:after_start, :after_id) AND start_at < :until
    AND (:status IS NULL OR status = :status)
    AND (:doctor IS NULL OR doctor_id = :doctor) AND (:patient IS NULL OR patient_id = :patient)
  ORDER BY start_at, id LIMIT :limit + 0)
