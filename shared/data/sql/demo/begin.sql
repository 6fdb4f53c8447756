-- The first step of the load. If an account was added since the state was read, no operation is inserted, and the next
-- steps change nothing.
INSERT INTO operations (id, at)
SELECT :operation, :now WHERE (SELECT coalesce(max(id), 0) FROM people) = :last_id
