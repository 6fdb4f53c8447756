-- Checks that the caller may add time off for the doctor, and chooses its id. The next steps do nothing without it.
UPDATE operations SET row_id = (SELECT coalesce(max(id), 0) + 1 FROM time_off)
WHERE id = :operation
  AND (:account_type = 'Admin' OR :doctor = :caller OR (:changes_appointments AND :account_type = 'Receptionist'))
  AND EXISTS (SELECT 1 FROM people WHERE people.id = :doctor AND account_type = 'Doctor')
