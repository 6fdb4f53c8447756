-- Checks that the caller may replace the week. The next steps run only if the operation has a row.
UPDATE operations SET row_id = :doctor
WHERE id = :operation AND (:account_type = 'Admin' OR :doctor = :caller)
  AND EXISTS (SELECT 1 FROM weeks WHERE doctor_id = :doctor)
