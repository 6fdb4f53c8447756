-- The newest audit entry. Its id says how far a replica has come.
SELECT json_object('id', id, 'at', at) FROM audit WHERE id = (SELECT max(id) FROM audit)
