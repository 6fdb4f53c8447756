UPDATE appointment_types SET
  name = coalesce(:name, name),
  duration = coalesce(:duration, duration),
  buffer_before = coalesce(:buffer_before, buffer_before),
  buffer_after = coalesce(:buffer_after, buffer_after),
  bookable_by = coalesce(:bookable_by, bookable_by),
  active = coalesce(:active, active),
  doctors = iif(:changes_doctors, :doctors, doctors),
  operation_id = :operation
WHERE id = :id AND :account_type = 'Admin' AND EXISTS (SELECT 1 FROM operations WHERE operations.id = :operation)
