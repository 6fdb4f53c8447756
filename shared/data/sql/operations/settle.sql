-- Gives a change up, unless it was made: 0, or the id of the row.
INSERT INTO operations (id, at) VALUES (:operation, :now)
ON CONFLICT (id) DO UPDATE SET row_id = row_id
RETURNING coalesce(row_id, 0)
