UPDATE message_cursor SET audit_id = min(audit_id + :batch, (SELECT max(id) FROM audit))
WHERE EXISTS (SELECT 1 FROM operations WHERE id = :operation)
