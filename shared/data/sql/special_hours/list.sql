-- NULL if the doctor does not exist.
SELECT (
  SELECT json_group_array(json_object('date', date, 'hours', json(hours))) FROM (
    SELECT date, hours FROM special_hours
    WHERE doctor_id = :doctor AND hours IS NOT NULL AND date > :after AND date BETWEEN :from AND :to
    ORDER BY date LIMIT :limit + 0))
FROM people WHERE id = :doctor AND account_type = 'Doctor'
