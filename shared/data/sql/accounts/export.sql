SELECT json_object(
  'clinic', (SELECT json(document) FROM clinic_documents),
  'account', json(document),
  'created_at', created_at,
  'profile', (SELECT json(document) FROM profile_documents WHERE id = :caller),
  'signed_in_at', signed_in_at,
  'verified_at', verified_at,
  'sources', (
    SELECT json_group_array(json_object('source', source, 'at', at)) FROM sign_in_sources WHERE account_id = :caller),
  'sessions', (SELECT json_group_array(json_object('created_at', created_at)) FROM sessions
    -- The last token of a session expires after thirteen hours.
    WHERE person_id = :caller AND created_at > :now - 13 * 3600),
  'appointments', (
    SELECT json_group_array(
      json_patch(document, json_object('idempotency_key', iif(booked_by = :caller, idempotency_key, NULL))))
    FROM (
      SELECT * FROM appointment_documents WHERE doctor_id = :caller
      UNION ALL SELECT * FROM appointment_documents WHERE patient_id = :caller
      ORDER BY id)),
  'notes', notes,
  'guardians', (SELECT json(document -> '$.guardians') FROM patient_documents WHERE patient_documents.id = :caller),
  'dependants', (
    SELECT json_group_array(json_object(
      'patient', json(document), 'appointments', (
        SELECT json_group_array(json(document)) FROM (
          SELECT appointment_documents.document FROM appointment_documents
          WHERE patient_id = dependants.id ORDER BY appointment_documents.id))))
    FROM (
      SELECT patient_documents.id, patient_documents.document FROM patient_documents
      WHERE patient_documents.id IN (
        SELECT guardians.patient_id FROM guardians WHERE account_id = :caller AND guardians.active = 1)
      ORDER BY patient_documents.id) AS dependants),
  'time_off', (
    SELECT json_group_array(json_object('id', id, 'start_at', start_at, 'end_at', end_at, 'reason', reason))
    FROM time_off WHERE doctor_id = :caller AND deleted_at IS NULL),
  'messages', (
    SELECT json_group_array(json_object(
      'kind', kind, 'state', state, 'to', coalesce(sent_to, address), 'due_at', due_at, 'sent_at', sent_at))
    FROM (SELECT * FROM messages WHERE reader_id = :caller ORDER BY messages.id)),
  'working_hours', json(coalesce((SELECT hours FROM weeks WHERE doctor_id = :caller), '[]')),
  'special_hours', (
    SELECT json_group_array(json_object('date', date, 'hours', json(hours)))
    FROM (SELECT * FROM special_hours WHERE doctor_id = :caller AND hours IS NOT NULL ORDER BY date)),
  'audit', (
    SELECT json_group_array(json(document)) FROM (
      SELECT document FROM audit_documents
      WHERE id IN (
        SELECT id FROM audit WHERE actor_id = :caller
        UNION ALL SELECT id FROM audit WHERE account_id = :caller AND action <> 'login_failed'
        -- Anyone can cause any number of failed sign-ins, more than one response can hold.
        UNION ALL SELECT id FROM (
          SELECT id FROM audit WHERE account_id = :caller AND action = 'login_failed' ORDER BY id DESC LIMIT 1000)
        UNION ALL SELECT id FROM audit
          WHERE appointment_id IN (SELECT id FROM appointments WHERE patient_id = :caller))
      ORDER BY id)))
FROM account_documents WHERE id = :caller
