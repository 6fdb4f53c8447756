-- Two searches, one for each value of `cancelled`: each reads the index in order, and SQLite merges them.
WITH owner AS MATERIALIZED (SELECT coalesce((SELECT merged_into FROM people WHERE id = :owner), :owner) AS id)
SELECT json_group_array(json(document)) FROM (
  SELECT start_at, id, document FROM appointment_documents
  WHERE patient_id = (SELECT id FROM owner) AND cancelled = 0 AND (start_at, id) > (:after_start, :after_id) AND start_at < :until
    AND (:status IS NULL OR status = :status)
    AND (:doctor IS NULL OR doctor_id = :doctor) AND (:patient IS NULL OR :patient IN (:owner, patient_id))
  UNION ALL
  SELECT start_at, id, document FROM appointment_documents
  WHERE patient_id = (SELECT id FROM owner) AND cancelled = 1 AND (start_at, id) > (:after_start, :after_id) AND start_at < :until
    AND (:status IS NULL OR status = :status)
    AND (:doctor IS NULL OR doctor_id = :doctor) AND (:patient IS NULL OR :patient IN (:owner, patient_id))
  ORDER BY start_at, id LIMIT :limit + 0)
