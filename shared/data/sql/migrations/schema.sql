-- Describes the schema: how many objects it has besides table `migrations`, whether it has that table, and how many of
-- the columns that this program needs that table has.
SELECT json_object(
  'objects', (
    SELECT count(*) FROM sqlite_schema
    WHERE substr(name, 1, 7) NOT IN ('sqlite_', 'libsql_') AND tbl_name <> 'migrations'),
  'migrations', EXISTS (SELECT 1 FROM sqlite_schema WHERE name = 'migrations'),
  'columns', (
    SELECT count(*) FROM pragma_table_info('migrations')
    WHERE name IN ('version', 'step', 'name', 'compatible_from')))
