-- Cancels the appointments that the change affects and the plan does not name. Without :cancels_rest, refuses the change if
-- there is one.
INSERT INTO plan_steps
SELECT operations.id, appointments.id, :cancels_rest, NULL, NULL, :reason
FROM operations JOIN appointments ON operation_id <> operations.id
WHERE operations.id = :operation AND row_id IS NOT NULL AND appointments.id IN (
    SELECT id FROM appointments
    WHERE doctor_id = :person AND cancelled = 0 AND start_at > :starts_after AND start_at < :until
    UNION ALL SELECT id FROM appointments
    WHERE patient_id = coalesce((SELECT merged_into FROM people WHERE people.id = :person), :person)
      AND cancelled = 0 AND start_at > :starts_after AND start_at < :until
    UNION ALL SELECT id FROM appointments
    WHERE :person IS NULL AND start_at > :starts_after AND start_at < :until)
  AND status = 'Booked' AND start_at > :now AND start_at + duration * 60 > :from
