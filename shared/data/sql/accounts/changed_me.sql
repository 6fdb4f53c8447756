-- Returns the account after the change.
SELECT document FROM account_documents WHERE id = (SELECT row_id FROM operations WHERE id = :operation)
