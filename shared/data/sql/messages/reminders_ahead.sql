-- Returns the reminders that are due. If there are quiet hours, also returns those of the next day, because quiet hours
-- can make them due earlier. A reminder is left out if it was due before its appointment was booked or rescheduled.
SELECT json_object(
  'quiet_start', quiet_start, 'quiet_end', quiet_end, 'time_zone', time_zone,
  'reminders', (
    SELECT json_group_array(json_object(
      'patient_id', patient_id, 'reader_id', reader_id, 'minutes', minutes, 'start_at', start_at, 'booked_at', booked_at))
    FROM (
      SELECT appointments.patient_id, reader_id, lead.value AS minutes, start_at, booking.at AS booked_at
      FROM json_each(reminder_minutes) AS lead
      CROSS JOIN appointments ON start_at > :now AND start_at <= :now + lead.value * 60 + iif(quiet_start IS NULL, 0, 86400)
      CROSS JOIN readers ON readers.patient_id = appointments.patient_id
      CROSS JOIN audit AS booking ON booking.id = (
        SELECT max(id) FROM audit
        WHERE audit.appointment_id = appointments.id AND action IN ('book', 'reschedule'))
      WHERE status = 'Booked' AND start_at - lead.value * 60 >= booking.at
        AND NOT EXISTS (
          SELECT 1 FROM reminders
          WHERE reminders.appointment_id = appointments.id AND reminders.reader_id = readers.reader_id
            AND minutes = lead.value AND audit_id = booking.id)
      ORDER BY start_at - lead.value * 60 LIMIT :limit + 0)))
FROM clinic
