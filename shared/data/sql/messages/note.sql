-- Notes that the operation was made. A program whose response was lost looks this up.
UPDATE operations SET row_id = 1 WHERE id = :operation
