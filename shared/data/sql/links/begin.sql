-- The first step of each change by a link about an account. Its actor is the person whom the link was sent to. Without
-- a link that can be used, no operation is inserted, and the next steps change nothing.
INSERT INTO operations (id, at, actor_id, request_id)
SELECT :operation, :now, reader_id, :request_id FROM account_links
WHERE hash = :hash AND expires_at > :now AND (kind = 'verify_email') = :verifies
