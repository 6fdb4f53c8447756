-- Whether the first migration is ours.
SELECT EXISTS (SELECT 1 FROM migrations WHERE version = 1 AND name = :name)
