-- Every word must occur in the person's text, in the email of the login, or in the digits of the phone. The longest word
-- is compared first, without json_each: most rows do not have it, and this scan has to be fast.
SELECT json_group_array(json(listed)) FROM (
  SELECT (SELECT listed FROM patient_documents WHERE id = patient_id) AS listed
  FROM patient_search
  WHERE patient_id > :after
    AND (:word IS NULL OR instr(person, :word) OR instr(login, :word) OR instr(person, :digits))
    AND NOT EXISTS (
      SELECT 1 FROM json_each(:words)
      WHERE instr(person, value ->> 'text') = 0 AND instr(login, value ->> 'text') = 0
        AND coalesce(instr((SELECT phone FROM people WHERE id = patient_id), value ->> 'digits'), 0) = 0)
  ORDER BY patient_id LIMIT :limit + 0)
