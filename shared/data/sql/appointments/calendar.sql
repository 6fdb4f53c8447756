-- Returns what a calendar says about an appointment.
SELECT json_object(
  'clinic', (SELECT json(document) FROM clinic_documents),
  'appointment', json(document),
  'doctor_name', (SELECT name FROM people WHERE people.id = doctor_id),
  'patient_name', (SELECT name FROM people WHERE people.id = patient_id),
  'language', (SELECT language FROM contacts WHERE person_id = :caller),
  'changed_at', (SELECT at FROM audit WHERE appointment_id = :id ORDER BY audit.id DESC LIMIT 1))
FROM appointment_documents WHERE id = :id
