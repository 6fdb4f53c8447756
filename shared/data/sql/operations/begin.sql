-- The first step of each change by a caller. If the token is invalid, no operation is inserted, and the next steps
-- change nothing.
INSERT INTO operations (id, at, actor_id, request_id)
SELECT :operation, :now, :caller, :request_id
WHERE EXISTS (
  SELECT 1 FROM signed_in
  WHERE session = :session AND account_id = :caller AND account_type = :account_type AND clinic = :clinic
    AND (generation = :generation OR retained_token_id = :token_id))
