-- Cancels the appointments that the time off would overlap and that have not started.
UPDATE appointments SET status = 'Cancelled', reason = :reason, version = version + 1, operation_id = :operation
WHERE :cancels AND doctor_id = :doctor AND cancelled = 0 AND status = 'Booked' AND start_at > :now
  AND start_at > :from AND start_at < :end_at AND start_at + duration * 60 > :start_at
  AND EXISTS (SELECT 1 FROM operations WHERE id = :operation AND row_id IS NOT NULL)
