-- Runs before the days are added again with other data of the time zone database.
DELETE FROM days WHERE (SELECT calendar_version FROM clinic) = :calendar
