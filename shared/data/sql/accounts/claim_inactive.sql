-- Where an account was inactive before, its appointments can still be cancelled. The row of the operation tells so.
UPDATE operations SET row_id = :id
WHERE id = :operation AND row_id IS NULL AND :cancels AND :account_type = 'Admin'
  AND EXISTS (SELECT 1 FROM people WHERE id = :id AND active = 0 AND erased_at IS NULL)
