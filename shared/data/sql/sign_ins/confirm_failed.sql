-- Sets the row of the operation, so that a retry after a lost response writes no second entry.
UPDATE operations SET row_id = (SELECT max(id) FROM audit) WHERE id = :operation
