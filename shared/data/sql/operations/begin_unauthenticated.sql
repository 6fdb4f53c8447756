-- The same for what nobody has to be signed in for.
INSERT INTO operations (id, at, request_id) VALUES (:operation, :now, :request_id)
