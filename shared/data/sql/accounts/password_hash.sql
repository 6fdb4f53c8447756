SELECT json_object('id', id, 'password_hash', password_hash)
FROM logins JOIN people ON id = person_id WHERE email_key = :email_key AND active = 1
