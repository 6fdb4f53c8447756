-- Returns whether the limits allowed the attempt.
SELECT 1 FROM sign_in_attempts WHERE id = :attempt
