-- From here on the row of the operation tells that the caller may replace the week.
UPDATE operations SET row_id = :doctor
WHERE id = :operation AND (:account_type = 'Admin' OR :doctor = :caller)
  AND EXISTS (SELECT 1 FROM weeks WHERE doctor_id = :doctor)
