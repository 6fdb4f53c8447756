-- Makes the steps of a plan. It can change booked appointments that have not started and overlap a time. :person is their
-- doctor or their patient. NULL: all appointments.
INSERT INTO plan_steps
SELECT operations.id, appointments.id, coalesce(value ->> 'cancel', 0), value ->> 'start_at', value ->> 'doctor_id', :reason
FROM operations CROSS JOIN json_each(:plan) LEFT JOIN appointments ON appointments.id = value ->> 'id'
  AND (:person IS NULL OR doctor_id = :person
       OR patient_id = coalesce((SELECT merged_into FROM people WHERE people.id = :person), :person))
  AND status = 'Booked' AND start_at > :now AND start_at < :until AND start_at + duration * 60 > :from
  AND operation_id <> operations.id
WHERE operations.id = :operation AND row_id IS NOT NULL
ORDER BY key
