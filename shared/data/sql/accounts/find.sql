-- Returns an account for an Admin, and whether it has been erased.
SELECT json_object('account', json(document), 'erased', erased_at IS NOT NULL) FROM account_documents WHERE id = :id
