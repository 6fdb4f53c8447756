SELECT generation FROM sessions WHERE id = :session
