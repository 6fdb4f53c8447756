-- is_their_doctor: whether the caller is a doctor who has or had an appointment with the patient that is not
-- cancelled.
-- Two searches, one for each value of `cancelled`: each reads the index in order, and SQLite merges them.
-- acts_for: whether the caller is the patient or a guardian of the patient.
-- The history of a merged patient is that of the patient that stays.
WITH owner AS MATERIALIZED (SELECT coalesce((SELECT merged_into FROM people WHERE id = :owner), :owner) AS id)
SELECT json_object(
  'is_patient', EXISTS (SELECT 1 FROM people WHERE id = (SELECT id FROM owner) AND account_type = 'Patient'),
  'acts_for', :caller = (SELECT id FROM owner) OR EXISTS (
    SELECT 1 FROM guardians WHERE guardians.patient_id = (SELECT id FROM owner) AND account_id = :caller AND active = 1),
  'is_their_doctor', EXISTS (
    SELECT 1 FROM appointments WHERE patient_id = (SELECT id FROM owner) AND doctor_id = :caller AND cancelled = 0),
  'appointments', (
    SELECT json_group_array(json(document)) FROM (
      SELECT start_at, id, document FROM appointment_documents
      WHERE patient_id = (SELECT id FROM owner) AND cancelled = 0 AND (start_at, id) < (:after_start, :after_id) AND start_at >= :from
        AND (:status IS NULL OR status = :status) AND (:doctor IS NULL OR doctor_id = :doctor)
        AND (:patient IS NULL OR :patient IN (:owner, patient_id))
      UNION ALL
      SELECT start_at, id, document FROM appointment_documents
      WHERE patient_id = (SELECT id FROM owner) AND cancelled = 1 AND (start_at, id) < (:after_start, :after_id) AND start_at >= :from
        AND (:status IS NULL OR status = :status) AND (:doctor IS NULL OR doctor_id = :doctor)
        AND (:patient IS NULL OR :patient IN (:owner, patient_id))
      ORDER BY start_at DESC, id DESC LIMIT :limit + 0)))
