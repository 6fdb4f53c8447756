SELECT json_object('id', id, 'name', name, 'specialty', specialty, 'details', details)
FROM people WHERE id = :doctor AND account_type = 'Doctor' AND active = 1
