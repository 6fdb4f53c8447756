-- Prevents a change that has not happened yet, by inserting its operation. Returns 0, or the id of the changed row
-- if the change has happened. The update changes nothing. It is needed because RETURNING returns no row after
-- DO NOTHING.
INSERT INTO operations (id, at) VALUES (:operation, :now)
ON CONFLICT (id) DO UPDATE SET row_id = row_id
RETURNING coalesce(row_id, 0)
