UPDATE messages SET
  patient_id = iif(patient_id = :id, :into, patient_id), reader_id = iif(reader_id = :id, :into, reader_id)
WHERE (patient_id = :id OR reader_id = :id)
  AND EXISTS (SELECT 1 FROM operations WHERE operations.id = :operation AND row_id = :into)
