SELECT document FROM profile_documents WHERE id = :doctor AND account_type = 'Doctor' AND active = 1
