-- Copies the database, as of one point in time, into an empty file.
VACUUM INTO :file
