-- Returns the statements that created the schema, in order.
SELECT json_group_array(json_object('kind', type, 'table', tbl_name, 'sql', sql)) FROM (
  SELECT type, tbl_name, sql FROM sqlite_schema
  WHERE sql IS NOT NULL AND substr(name, 1, 7) NOT IN ('sqlite_', 'libsql_')
  ORDER BY rowid)
