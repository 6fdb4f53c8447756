-- Returns `ok`, or the first problem of the file.
SELECT json_quote(integrity_check) FROM pragma_integrity_check LIMIT 1
