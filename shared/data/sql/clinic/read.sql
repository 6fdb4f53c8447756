SELECT document FROM clinic_documents
