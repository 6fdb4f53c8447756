-- Few patients have the same birth date.
SELECT json_group_array(json(listed)) FROM (
  SELECT (SELECT listed FROM patient_documents WHERE patient_documents.id = patient_id) AS listed
  FROM people CROSS JOIN patient_search ON patient_id = people.id
  WHERE people.birth_date = :birth_date AND people.id > :after
    AND NOT EXISTS (
      SELECT 1 FROM json_each(:words)
      WHERE instr(person, value ->> 'text') = 0 AND instr(login, value ->> 'text') = 0
        AND coalesce(instr(phone, value ->> 'digits'), 0) = 0)
  ORDER BY people.id LIMIT :limit + 0)
