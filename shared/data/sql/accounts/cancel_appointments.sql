-- Those ahead of a Doctor or Patient who is deactivated.
UPDATE appointments SET status = 'Cancelled', reason = :reason, version = version + 1, operation_id = :operation
WHERE :cancels AND (SELECT row_id FROM operations WHERE id = :operation) IN (doctor_id, patient_id)
  AND cancelled = 0 AND status = 'Booked' AND start_at > :now
