-- So that a lost answer does not make a second line of it.
UPDATE operations SET row_id = (SELECT max(id) FROM audit) WHERE id = :operation
