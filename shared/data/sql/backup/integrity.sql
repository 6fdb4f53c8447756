-- `ok`, or the first thing that is wrong with the file.
SELECT json_quote(integrity_check) FROM pragma_integrity_check LIMIT 1
