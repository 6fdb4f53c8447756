-- The patients who have or had an appointment with the caller that is not cancelled.
SELECT json_group_array(json(listed)) FROM (
  SELECT (SELECT listed FROM patient_documents WHERE id = patient_search.patient_id) AS listed
  FROM patient_search
  WHERE patient_search.patient_id > :after
    AND patient_search.patient_id IN (
      SELECT appointments.patient_id FROM appointments WHERE doctor_id = :caller AND cancelled = 0)
    AND (:birth_date IS NULL OR :birth_date = (
      SELECT birth_date FROM people WHERE people.id = patient_search.patient_id))
    AND NOT EXISTS (
      SELECT 1 FROM json_each(:words)
      WHERE instr(person, value ->> 'text') = 0 AND instr(login, value ->> 'text') = 0
        AND coalesce(instr(
          (SELECT phone FROM people WHERE people.id = patient_search.patient_id), value ->> 'digits'), 0) = 0)
  ORDER BY patient_search.patient_id LIMIT :limit + 0)
