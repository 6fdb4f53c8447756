-- What a change by an Admin answers, where it was made.
SELECT json_quote(account_type) FROM people WHERE id = (SELECT row_id FROM operations WHERE id = :operation)
