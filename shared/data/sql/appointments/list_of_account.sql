-- The appointments of all patients that the caller acts for. They are few, so they are sorted.
SELECT json_group_array(json(document)) FROM (
  SELECT start_at, id, document FROM appointment_documents
  WHERE patient_id IN (
      SELECT :owner
      UNION ALL SELECT guardians.patient_id FROM guardians WHERE account_id = :owner AND guardians.active = 1)
    AND cancelled IN (0, 1) AND (start_at, id) > (:after_start, :after_id) AND start_at < :until
    AND (:status IS NULL OR status = :status)
    AND (:doctor IS NULL OR doctor_id = :doctor)
    AND (:patient IS NULL OR patient_id = coalesce((SELECT merged_into FROM people WHERE people.id = :patient), :patient))
  ORDER BY start_at, id LIMIT :limit + 0)
