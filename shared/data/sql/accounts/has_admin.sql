SELECT EXISTS (SELECT 1 FROM people WHERE account_type = 'Admin' AND active = 1)
