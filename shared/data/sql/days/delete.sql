-- Before they are added as a program with other time-zone data has them.
DELETE FROM days WHERE (SELECT calendar_version FROM clinic) = :calendar
