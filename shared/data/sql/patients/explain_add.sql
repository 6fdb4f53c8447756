-- Why a patient was not added: the patient that an earlier request with the same idempotency key added, and how many
-- dependants the caller has added.
SELECT json_object(
  'earlier', (
    SELECT json_object('request_hash', lower(hex(request_hash)), 'patient', (
      SELECT json(document) FROM patient_documents
      WHERE patient_documents.id = coalesce(earlier.merged_into, earlier.id)))
    FROM people AS earlier WHERE created_by = :caller AND idempotency_key = :key),
  'dependants', (
    SELECT count(*) FROM guardians JOIN people ON people.id = patient_id
    WHERE account_id = :caller AND guardians.active = 1 AND created_by = :caller))
