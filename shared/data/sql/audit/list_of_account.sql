-- Ids are in the order of the commits, not exactly in the order of `at`, because clocks can be wrong. So the range
-- of ids covers one more day at each end than the range of times.
SELECT json_group_array(json(document)) FROM (
  SELECT document FROM audit_documents
  WHERE account_id = :account AND id < :before
    AND id > coalesce((
      SELECT id FROM audit WHERE id % 256 = 0 AND at < :from - 86400 ORDER BY at DESC, id DESC LIMIT 1), 0)
    AND id < coalesce((
      SELECT id FROM audit WHERE id % 256 = 0 AND at > :until + 86400 ORDER BY at, id LIMIT 1), :before)
    AND at >= :from AND at < :until
    AND (:actor IS NULL OR actor_id = :actor) AND (:action IS NULL OR action = :action)
    AND (:account IS NULL OR account_id = :account) AND (:appointment IS NULL OR appointment_id = :appointment)
  ORDER BY id DESC LIMIT :limit + 0)
