-- Returns the last applied step, and the oldest version that can use the migrations that are newer than :newest.
SELECT json_object(
  'step', json_array(version, step),
  'compatible_from', (SELECT max(compatible_from) FROM migrations WHERE version > :newest))
FROM migrations ORDER BY version DESC, step DESC LIMIT 1
