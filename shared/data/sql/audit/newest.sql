-- The newest change: how far a copy of the database has come.
SELECT json_object('id', id, 'at', at) FROM audit WHERE id = (SELECT max(id) FROM audit)
