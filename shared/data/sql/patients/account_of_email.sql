-- Returns the Patient account that has an email.
SELECT person_id FROM logins JOIN people ON people.id = person_id
WHERE email_key = :email_key AND account_type = 'Patient'
