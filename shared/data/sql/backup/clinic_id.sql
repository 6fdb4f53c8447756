-- Returns the clinic's public id.
SELECT json_quote(public_id) FROM clinic
