-- The first step of each change with a link about an account. Its actor is the account that the link was sent to. If
-- the link cannot be used, no operation is inserted, and the next steps change nothing.
INSERT INTO operations (id, at, actor_id, request_id)
SELECT :operation, :now, reader_id, :request_id FROM account_links
WHERE hash = :hash AND expires_at > :now AND (kind = 'verify_email') = :verifies
