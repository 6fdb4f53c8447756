-- The id of the row that a change was made to.
SELECT row_id FROM operations WHERE id = :operation
