-- Notes that the operation has changed the message.
UPDATE operations SET row_id = :id
WHERE id = :operation AND changes() > 0
