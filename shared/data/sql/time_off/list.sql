-- NULL if the doctor does not exist.
SELECT (
  SELECT json_group_array(json(document)) FROM (
    SELECT json_object('id', id, 'start_at', start_at, 'end_at', end_at, 'reason', reason) AS document FROM time_off
    WHERE doctor_id = :doctor AND deleted_at IS NULL AND (start_at, id) > (:after_start, :after_id)
    ORDER BY start_at, id LIMIT :limit + 0))
FROM people WHERE id = :doctor AND account_type = 'Doctor'
