-- Returns the claimed messages with everything that is needed to render them. Those of one mail follow each other, in the
-- order of the starts.
SELECT json_object(
  'claim', hex(:operation), 'clinic', (SELECT json(document) FROM clinic_documents), 'messages', json_group_array(json(document)))
FROM (
  SELECT json_object(
    'id', messages.id, 'kind', kind, 'message_id', messages.message_id, 'sent_to', sent_to, 'attempts', attempts,
    'due_at', due_at,
    'is_text', json(iif(address IS NULL AND email IS NULL, 'true', 'false')),
    'name', contacts.name, 'language', contacts.language,
    'link', (
      SELECT lower(hex(hash)) FROM links
      WHERE links.message_id = messages.id AND links.claim = :operation AND links.appointment_id IS NULL),
    'appointments', (
      SELECT json_group_array(json_object(
        'id', appointments.id, 'version', version, 'status', status, 'start_at', appointments.start_at,
        'duration', duration, 'doctor_name', people.name, 'specialty', specialty, 'reason', reason,
        'patient_name', (
          SELECT patient.name FROM people AS patient
          WHERE patient.id = appointments.patient_id AND patient.id <> messages.reader_id),
        'link', (
          SELECT lower(hex(hash)) FROM links
          WHERE links.message_id = messages.id AND links.claim = :operation
            AND links.appointment_id = appointments.id)))
      FROM appointments JOIN people ON people.id = doctor_id
      WHERE appointments.id = messages.appointment_id OR appointments.id IN (
        SELECT appointment_id FROM true_reminders WHERE message_id = messages.id AND start_at > :now)),
    'before', (
      SELECT json(before) FROM queued_appointment_messages AS queued WHERE queued.id = messages.id)) AS document
  FROM messages JOIN contacts ON person_id = reader_id
  LEFT JOIN appointments AS about ON about.id = messages.appointment_id
  WHERE claim = :operation
  ORDER BY min(messages.id) OVER (PARTITION BY messages.message_id), about.start_at, messages.id)
