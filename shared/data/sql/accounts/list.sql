-- A row matches if it contains all words of the search.
SELECT json_group_array(json(document)) FROM (
  SELECT document FROM account_documents
  WHERE id > :after
    AND (:active IS NULL OR active = :active)
    AND NOT EXISTS (
      SELECT 1 FROM json_each(:words)
      WHERE instr(name_key, value) = 0 AND instr(coalesce(specialty_key, ''), value) = 0
        AND instr(search_key, value) = 0)
  ORDER BY id LIMIT :limit + 0)
