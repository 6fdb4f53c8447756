INSERT INTO people (
  account_type, name, name_key, phone, birth_date, language, specialty, specialty_key, details, created_at, operation_id)
SELECT :new_account_type, :name, :name_key, :phone, :birth_date, :language, :specialty, :specialty_key, :details, at, id
FROM operations WHERE id = :operation
  AND (:source IS NULL OR (SELECT count(*) FROM registrations WHERE source = :source AND at > :now - 3600) < :limit)
