-- Deletes expired links, more at a time than a claim adds. The link of an appointment that was rescheduled to a later time
-- stays until the new start.
DELETE FROM links
WHERE hash IN (
    SELECT hash FROM links
    WHERE expires_at <= :now
      AND NOT EXISTS (SELECT 1 FROM appointments WHERE id = links.appointment_id AND start_at > :now)
    ORDER BY expires_at LIMIT 400)
  AND EXISTS (SELECT 1 FROM operations WHERE id = :operation)
