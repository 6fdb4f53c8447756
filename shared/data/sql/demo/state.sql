-- Returns what decides whether the demo can be loaded.
SELECT json_object(
  'last_id', (SELECT coalesce(max(id), 0) FROM people),
  'admin_id', (SELECT min(id) FROM people WHERE account_type = 'Admin' AND active = 1),
  'is_used', EXISTS (SELECT 1 FROM people WHERE account_type IN ('Doctor', 'Patient')))
