-- Notes that the operation has changed something, for a sender that lost the response.
UPDATE operations SET row_id = 1 WHERE id = :operation
