-- Sets the key of the caller's feed. An earlier key ends.
INSERT INTO feeds (person_id, hash, details)
SELECT :caller, :hash, :details FROM operations WHERE id = :operation
ON CONFLICT (person_id) DO UPDATE SET hash = excluded.hash, details = excluded.details
