-- The first step of each change by a link about an appointment. Its actor is the reader whom the link was sent to. If the
-- link cannot be used, no operation is inserted, and the next steps change nothing. :caller and :id must be what the link
-- says, because the next steps use them.
INSERT INTO operations (id, at, actor_id, request_id)
SELECT :operation, :now, reader_id, :request_id FROM appointment_links
WHERE hash = :hash AND start_at > :now AND reader_id = :caller AND appointment_id = :id
