SELECT hours FROM weeks WHERE doctor_id = :doctor
