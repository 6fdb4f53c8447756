-- is_their_doctor: whether the caller is a doctor who has or had an appointment with the patient that is not
-- cancelled.
-- Two searches, one for each value of `cancelled`: each reads the index in order, and SQLite merges them.
SELECT json_object(
  'is_patient', EXISTS (SELECT 1 FROM people WHERE id = :owner AND account_type = 'Patient'),
  'is_their_doctor', EXISTS (
    SELECT 1 FROM appointments WHERE patient_id = :owner AND doctor_id = :caller AND cancelled = 0),
  'appointments', (
    SELECT json_group_array(json(document)) FROM (
      SELECT start_at, id, document FROM appointment_documents
      WHERE patient_id = :owner AND cancelled = 0 AND (start_at, id) < (:after_start, :after_id) AND start_at >= :from
        AND (:status IS NULL OR status = :status) AND (:doctor IS NULL OR doctor_id = :doctor)
        AND (:patient IS NULL OR patient_id = :patient)
      UNION ALL
      SELECT start_at, id, document FROM appointment_documents
      WHERE patient_id = :owner AND cancelled = 1 AND (start_at, id) < (:after_start, :after_id) AND start_at >= :from
        AND (:status IS NULL OR status = :status) AND (:doctor IS NULL OR doctor_id = :doctor)
        AND (:patient IS NULL OR patient_id = :patient)
      ORDER BY start_at DESC, id DESC LIMIT :limit + 0)))
