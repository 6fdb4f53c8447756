-- Returns what an Admin can change of a person, who may have no login.
SELECT json_object(
  'account_type', account_type, 'active', active, 'erased', erased_at IS NOT NULL,
  'has_login', EXISTS (SELECT 1 FROM logins WHERE person_id = people.id))
FROM people WHERE id = coalesce((SELECT merged_into FROM people WHERE id = :id), :id)
