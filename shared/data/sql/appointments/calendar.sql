-- Returns what a calendar says about an appointment.
SELECT json_object(
  'clinic', (SELECT json(document) FROM clinic_documents),
  'appointment', json(document),
  'language', (SELECT language FROM contacts WHERE person_id = :caller),
  'changed_at', (SELECT at FROM audit WHERE appointment_id = :id ORDER BY audit.id DESC LIMIT 1))
FROM appointment_documents WHERE id = :id
