-- Whether a patient and a possible guardian exist.
SELECT json_object(
  'patient', EXISTS (
    SELECT 1 FROM people
    WHERE id = coalesce((SELECT merged_into FROM people WHERE id = :id), :id)
      AND account_type = 'Patient' AND erased_at IS NULL),
  'account', EXISTS (
    SELECT 1 FROM people JOIN logins ON person_id = people.id
    WHERE people.id = coalesce((SELECT merged_into FROM people WHERE id = :account), :account)
      AND account_type = 'Patient' AND erased_at IS NULL),
  'is_same', json(iif(
    coalesce((SELECT merged_into FROM people WHERE id = :id), :id)
      = coalesce((SELECT merged_into FROM people WHERE id = :account), :account), 'true', 'false')))
