-- Notes that the operation was made for the caller.
UPDATE operations SET row_id = :caller WHERE id = :operation
