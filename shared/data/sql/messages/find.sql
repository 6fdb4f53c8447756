SELECT json(document) FROM message_documents WHERE id = :id
