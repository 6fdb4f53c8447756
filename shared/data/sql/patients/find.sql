-- acts_for: whether the caller is the patient or a guardian of the patient.
-- is_their_doctor: whether the caller is a doctor who has or had an appointment with the patient that is not cancelled.
-- is_invited: whether the patient has a login without a password.
WITH patient AS MATERIALIZED (SELECT coalesce((SELECT merged_into FROM people WHERE id = :id), :id) AS id)
SELECT json_object(
  'acts_for', :caller = id OR EXISTS (
    SELECT 1 FROM guardians WHERE guardians.patient_id = patient.id AND account_id = :caller AND active = 1),
  'is_their_doctor', EXISTS (
    SELECT 1 FROM appointments WHERE appointments.patient_id = patient.id AND doctor_id = :caller AND cancelled = 0),
  'is_invited', EXISTS (
    SELECT 1 FROM logins WHERE person_id = patient.id AND password_hash = '$argon2id$none'),
  'patient', (
    SELECT json(document) FROM patient_documents WHERE patient_documents.id = patient.id AND erased_at IS NULL))
FROM patient
