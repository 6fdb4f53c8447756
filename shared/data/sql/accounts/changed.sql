-- Returns the type of the account that an Admin changed.
SELECT json_quote(account_type) FROM people WHERE id = (SELECT row_id FROM operations WHERE id = :operation)
