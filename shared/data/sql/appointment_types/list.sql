SELECT json_group_array(json(document)) FROM (SELECT document FROM type_documents ORDER BY id)
