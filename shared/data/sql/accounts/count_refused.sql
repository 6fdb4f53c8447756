-- A registration that was refused since the email is taken. Sent twice, it counts once.
INSERT INTO registrations (id, source, at) SELECT :operation, :source, :now WHERE :source IS NOT NULL
ON CONFLICT DO NOTHING
