UPDATE clinic SET
  name = coalesce(:name, name),
  calendar_version = calendar_version + (coalesce(:time_zone, time_zone) <> time_zone),
  time_zone = coalesce(:time_zone, time_zone),
  min_duration = coalesce(:min_duration, min_duration),
  max_duration = coalesce(:max_duration, max_duration),
  max_appointments_per_day = coalesce(:max_appointments_per_day, max_appointments_per_day),
  max_booked_mins_per_day = coalesce(:max_booked_mins_per_day, max_booked_mins_per_day),
  booking_horizon_days = coalesce(:booking_horizon_days, booking_horizon_days),
  slot_step = coalesce(:slot_step, slot_step),
  patient_cancel_notice = iif(:changes_cancel_notice, :patient_cancel_notice, patient_cancel_notice),
  max_open_bookings = iif(:changes_max_open, :max_open_bookings, max_open_bookings),
  operation_id = :operation
WHERE :account_type = 'Admin'
  AND EXISTS (SELECT 1 FROM operations WHERE id = :operation)
  AND (:calendar IS NULL OR calendar_version = :calendar)
