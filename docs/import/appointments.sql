-- Writes the appointments of Easy!Appointments from today on as CSV, for `rounds import appointments`. docs/import.md
-- explains how.
SELECT line FROM (
  SELECT 0 AS position,
    'id,provider,customer_name,customer_email,customer_phone,start_datetime,end_datetime,service,notes,status' AS line
  UNION ALL
  SELECT appointment.id, CONCAT('"', CONCAT_WS('","',
    appointment.id,
    REPLACE(TRIM(CONCAT(IFNULL(provider.first_name, ''), ' ', IFNULL(provider.last_name, ''))), '"', '""'),
    REPLACE(TRIM(CONCAT(IFNULL(customer.first_name, ''), ' ', IFNULL(customer.last_name, ''))), '"', '""'),
    REPLACE(IFNULL(customer.email, ''), '"', '""'),
    REPLACE(COALESCE(NULLIF(customer.phone_number, ''), customer.mobile_number, ''), '"', '""'),
    appointment.start_datetime,
    appointment.end_datetime,
    REPLACE(IFNULL(service.name, ''), '"', '""'),
    REPLACE(IFNULL(appointment.notes, ''), '"', '""'),
    REPLACE(IFNULL(appointment.status, ''), '"', '""')), '"')
  FROM ea_appointments AS appointment
  JOIN ea_users AS provider ON provider.id = appointment.id_users_provider
  JOIN ea_users AS customer ON customer.id = appointment.id_users_customer
  LEFT JOIN ea_services AS service ON service.id = appointment.id_services
  WHERE appointment.is_unavailability = 0 AND appointment.start_datetime >= CURRENT_DATE
) AS csv
ORDER BY position;
