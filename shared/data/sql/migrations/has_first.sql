-- Whether the first migration in the database is the first one of this program.
SELECT EXISTS (SELECT 1 FROM migrations WHERE version = 1 AND name = :name)
