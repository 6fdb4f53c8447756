-- Copies the database as it is at one moment into a file that is empty.
VACUUM INTO :file
