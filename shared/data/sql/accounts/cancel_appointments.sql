-- Cancels the appointments ahead of a deactivated Doctor or Patient, also if they were deactivated before.
UPDATE appointments SET status = 'Cancelled', reason = :reason, version = version + 1, operation_id = :operation
WHERE :cancel_appointments AND id IN (
    SELECT id FROM appointments
    WHERE doctor_id = (SELECT row_id FROM operations WHERE operations.id = :operation) AND cancelled = 0 AND start_at > :now
    UNION ALL SELECT id FROM appointments
    WHERE patient_id = (SELECT row_id FROM operations WHERE operations.id = :operation) AND cancelled = 0 AND start_at > :now)
  AND status = 'Booked'
  AND EXISTS (SELECT 1 FROM operations WHERE id = :operation)
