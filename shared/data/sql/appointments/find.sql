SELECT json_object(
  'clinic', (SELECT json(document) FROM clinic_documents),
  'appointment', (SELECT json(document) FROM appointment_documents WHERE id = :id))
