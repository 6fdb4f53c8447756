SELECT json_group_array(json(document))
FROM (
  SELECT document FROM message_documents
  WHERE id < :before AND (:state IS NULL OR state = :state) AND (:patient IS NULL OR patient_id = :patient)
    AND id IN (
      SELECT id FROM messages WHERE appointment_id = :appointment
      UNION SELECT message_id FROM reminders WHERE appointment_id = :appointment)
  ORDER BY id DESC LIMIT :limit + 0)
