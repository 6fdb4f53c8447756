-- A row matches if it contains all words of the search.
SELECT json_group_array(json(listed))
FROM (
  SELECT listed FROM profile_documents
  WHERE account_type = 'Doctor' AND active = 1 AND id > :after
    AND NOT EXISTS (
      SELECT 1 FROM json_each(:words)
      WHERE instr(name_key, value) = 0 AND instr(coalesce(specialty_key, ''), value) = 0)
    AND (:specialty IS NULL OR specialty_key = :specialty)
  ORDER BY id LIMIT :limit + 0)
