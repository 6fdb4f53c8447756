-- Returns the session that the sign-in opened.
SELECT json_quote(lower(hex(id))) FROM operations WHERE id = :operation AND row_id IS NOT NULL
