-- Writes the customers of Easy!Appointments as CSV, for `rounds import patients`. docs/import.md explains how.
SELECT line FROM (
  SELECT 0 AS position,
    'id,first_name,last_name,email,phone_number,mobile_number,language,notes' AS line
  UNION ALL
  SELECT customer.id, CONCAT('"', CONCAT_WS('","',
    customer.id,
    REPLACE(IFNULL(customer.first_name, ''), '"', '""'),
    REPLACE(IFNULL(customer.last_name, ''), '"', '""'),
    REPLACE(IFNULL(customer.email, ''), '"', '""'),
    REPLACE(IFNULL(customer.phone_number, ''), '"', '""'),
    REPLACE(IFNULL(customer.mobile_number, ''), '"', '""'),
    REPLACE(IFNULL(customer.language, ''), '"', '""'),
    REPLACE(IFNULL(customer.notes, ''), '"', '""')), '"')
  FROM ea_users AS customer
  JOIN ea_roles AS role ON role.id = customer.id_roles
  WHERE role.slug = 'customer'
) AS csv
ORDER BY position;
