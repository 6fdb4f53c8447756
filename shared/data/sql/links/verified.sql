-- Returns whether the link verified the account's email, and otherwise the new email that it is for.
SELECT json_object(
  'is_verified', json(iif(row_id IS NULL, 'false', 'true')),
  'new_email', (SELECT address FROM account_links WHERE hash = :hash))
FROM operations WHERE id = :operation
