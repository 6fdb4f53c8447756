SELECT document FROM account_documents WHERE id = :caller
