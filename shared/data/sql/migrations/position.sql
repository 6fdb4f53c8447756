-- Returns the last applied step. If there are migrations that are newer than :newest, also returns the oldest program
-- version that can use them.
SELECT json_object(
  'step', json_array(version, step),
  'compatible_from', (SELECT max(compatible_from) FROM migrations WHERE version > :newest))
FROM migrations ORDER BY version DESC, step DESC LIMIT 1
