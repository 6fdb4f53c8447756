-- Returns the id of the row that the change was made to, if it was made.
SELECT row_id FROM operations WHERE id = :operation AND row_id IS NOT NULL
