-- The newest audit entry. A replica whose newest id is lower is missing a change.
SELECT json_object('id', id, 'at', at) FROM audit WHERE id = (SELECT max(id) FROM audit)
