-- Returns the appointment after the change.
SELECT json_object('clinic', (SELECT json(document) FROM clinic_documents), 'appointment', json(document))
FROM appointment_documents WHERE id = (SELECT row_id FROM operations WHERE id = :operation)
