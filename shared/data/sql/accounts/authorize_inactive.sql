-- If the account was inactive before, the step `deactivate` has changed nothing. This sets the row of the operation
-- nevertheless, because the next steps change the appointments only if the operation has it.
UPDATE operations SET row_id = coalesce((SELECT merged_into FROM people WHERE id = :id), :id)
WHERE id = :operation AND row_id IS NULL AND :changes_appointments AND :account_type = 'Admin'
  AND EXISTS (
    SELECT 1 FROM people AS account
    WHERE account.id = coalesce((SELECT merged_into FROM people WHERE id = :id), :id) AND active = 0 AND erased_at IS NULL)
