-- Counts a registration that was refused because the email is taken. If the statement runs twice,
-- the registration counts once.
INSERT INTO registrations (id, source, at) SELECT :operation, :source, :now WHERE :source IS NOT NULL
ON CONFLICT DO NOTHING
