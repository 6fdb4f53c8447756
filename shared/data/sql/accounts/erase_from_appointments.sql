UPDATE appointments SET
  reason = NULL, note = NULL, override_reason = NULL,
  idempotency_key = NULL, requested_start_at = NULL, requested_duration = NULL, request_hash = NULL,
  version = version + 1, operation_id = :operation
WHERE patient_id = (SELECT row_id FROM operations WHERE id = :operation)
  AND (reason IS NOT NULL OR note IS NOT NULL OR override_reason IS NOT NULL OR idempotency_key IS NOT NULL)
