-- Checks that the caller may close the clinic, and chooses the id of the closure. The next steps do nothing without it.
UPDATE operations SET row_id = (SELECT coalesce(max(id), 0) + 1 FROM closures)
WHERE id = :operation AND :account_type = 'Admin'
