UPDATE appointments SET confirmed_at = :now, version = version + 1, operation_id = :operation
WHERE id = :id AND status = 'Booked' AND start_at > :now AND confirmed_at IS NULL
  AND (:versions IS NULL OR version IN (SELECT value FROM json_each(:versions)))
  AND EXISTS (SELECT 1 FROM operations WHERE id = :operation)
