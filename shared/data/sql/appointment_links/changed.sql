-- Returns the appointment after the change.
SELECT document FROM appointment_links
WHERE hash = :hash AND appointment_id = (SELECT row_id FROM operations WHERE id = :operation)
