-- What a change answers, of the account as it is now.
SELECT document FROM account_documents WHERE id = (SELECT row_id FROM operations WHERE id = :operation)
