-- Returns the appointments that prevent the change: those that the operation has not changed, or not moved away from the
-- doctor or the time. :started_prevent: whether those that have started prevent it too.
SELECT json_group_array(id) FROM (
  SELECT id FROM appointments
  WHERE id IN (
      SELECT id FROM appointments
      WHERE doctor_id = :person AND cancelled = 0 AND start_at > :starts_after AND start_at < :until
      UNION ALL SELECT id FROM appointments
      WHERE patient_id = coalesce((SELECT merged_into FROM people WHERE people.id = :person), :person)
        AND operation_id <> :operation AND cancelled = 0 AND start_at > :starts_after AND start_at < :until
      UNION ALL SELECT id FROM appointments
      WHERE :person IS NULL AND start_at > :starts_after AND start_at < :until)
    AND status = 'Booked' AND start_at + duration * 60 > :from AND (:started_prevent OR start_at > :now)
  ORDER BY start_at, id)
