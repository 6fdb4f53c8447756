-- Returns those of :emails that have no account. Returns an empty list if any other Doctor or Patient has an
-- account, or any other Admin (unless :other_admins).
SELECT json_group_array(value) FROM json_each(:emails)
WHERE NOT EXISTS (SELECT 1 FROM logins WHERE email_key = value)
  AND NOT EXISTS (
    SELECT 1 FROM people JOIN logins ON person_id = id
    WHERE account_type IN ('Doctor', 'Patient') AND email_key NOT IN (SELECT value FROM json_each(:emails)))
  AND (:other_admins OR NOT EXISTS (
    SELECT 1 FROM people JOIN logins ON person_id = id
    WHERE account_type = 'Admin' AND email_key NOT IN (SELECT value FROM json_each(:emails))))
