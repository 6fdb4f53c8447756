-- The account was inactive before. The row of the operation lets the next step cancel its appointments.
UPDATE operations SET row_id = :id
WHERE id = :operation AND row_id IS NULL AND :cancel_appointments AND :account_type = 'Admin'
  AND EXISTS (SELECT 1 FROM people WHERE id = :id AND active = 0 AND erased_at IS NULL)
