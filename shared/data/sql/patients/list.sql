-- Every word must occur in the person's text, in the email of the login, or in the digits of the phone. The three longest
-- words are compared first, without json_each: most rows do not have them, and this scan has to be fast.
SELECT json_group_array(json(listed)) FROM (
  SELECT (SELECT listed FROM patient_documents WHERE id = patient_id) AS listed
  FROM patient_search
  WHERE patient_id > :after
    AND (:first IS NULL OR instr(person, :first) OR instr(login, :first) OR instr(person, :first_digits))
    AND (:second IS NULL OR instr(person, :second) OR instr(login, :second) OR instr(person, :second_digits))
    AND (:third IS NULL OR instr(person, :third) OR instr(login, :third) OR instr(person, :third_digits))
    AND NOT EXISTS (
      SELECT 1 FROM json_each(:words)
      WHERE instr(person, value ->> 'text') = 0 AND instr(login, value ->> 'text') = 0
        AND coalesce(instr((SELECT phone FROM people WHERE id = patient_id), value ->> 'digits'), 0) = 0)
  ORDER BY patient_id LIMIT :limit + 0)
