-- Returns whether the link has verified the account's email. If not, it also returns the new email that the link is
-- for.
SELECT json_object(
  'is_verified', json(iif(row_id IS NULL, 'false', 'true')),
  'new_email', (SELECT address FROM account_links WHERE hash = :hash))
FROM operations WHERE id = :operation
