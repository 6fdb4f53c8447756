-- A program adds those again that a booking needs.
DELETE FROM days WHERE (SELECT calendar_version FROM clinic) = :calendar
