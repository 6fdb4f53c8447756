SELECT document FROM appointment_links WHERE hash = :hash AND start_at > :now
