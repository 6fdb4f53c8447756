-- Returns the ids of the appointments that were booked as a series, in the order of their starts at that time.
SELECT (
  SELECT json_group_array(id) FROM (SELECT id FROM appointments WHERE series_id = first.series_id ORDER BY id))
FROM operations JOIN appointments AS first ON first.id = row_id
WHERE operations.id = :operation
