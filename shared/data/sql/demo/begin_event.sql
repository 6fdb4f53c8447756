-- The first step of each event: the operation of an account at the time of the event.
INSERT INTO operations (id, at, actor_id)
SELECT :operation, :now, :caller FROM operations WHERE id = :load
