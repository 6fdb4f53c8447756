-- The first step of each change that needs no token.
INSERT INTO operations (id, at, request_id) VALUES (:operation, :now, :request_id)
