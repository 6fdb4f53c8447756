-- Returns the time when the source can register again.
SELECT at + 3600 FROM registrations WHERE source = :source AND at > :now - 3600
ORDER BY at DESC LIMIT 1 OFFSET :limit - 1
