-- The last step that is applied, and the oldest version that can use what is newer than :known.
SELECT json_object(
  'step', json_array(version, step),
  'compatible_from', (SELECT max(compatible_from) FROM migrations WHERE version > :known))
FROM migrations ORDER BY version DESC, step DESC LIMIT 1
