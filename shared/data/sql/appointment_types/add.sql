INSERT INTO appointment_types (
  name, duration, buffer_before, buffer_after, bookable_by, active, doctors, operation_id)
SELECT :name, :duration, :buffer_before, :buffer_after, :bookable_by, :active, :doctors, id
FROM operations WHERE id = :operation AND :account_type = 'Admin'
