-- Returns the appointments of a feed, ordered by start: those of the account and of the patients that it acts for. With
-- details, each has the name of the other person.
SELECT json_object(
  'owner_id', feeds.person_id, 'details', feeds.details, 'language', contacts.language,
  'clinic', (SELECT json(document) FROM clinic_documents),
  'appointments', (
    SELECT json_group_array(json_object(
      'id', id, 'version', version, 'start_at', start_at, 'duration', duration,
      'changed_at', (SELECT at FROM audit WHERE appointment_id = listed.id ORDER BY audit.id DESC LIMIT 1),
      'with', iif(feeds.details, (SELECT name FROM people WHERE people.id = other_id), NULL)))
    FROM (
      SELECT id, version, start_at, duration, patient_id AS other_id FROM appointments
      WHERE doctor_id = feeds.person_id AND cancelled = 0 AND start_at > :from
      UNION ALL
      SELECT id, version, start_at, duration, doctor_id FROM appointments
      WHERE patient_id IN (
          SELECT feeds.person_id
          UNION ALL SELECT guardians.patient_id FROM guardians
          WHERE account_id = feeds.person_id AND guardians.active = 1)
        AND cancelled = 0 AND start_at > :from
      ORDER BY start_at, id LIMIT :limit + 0) AS listed))
FROM feeds
JOIN people ON people.id = feeds.person_id
JOIN contacts ON contacts.person_id = feeds.person_id
WHERE hash = :hash AND active = 1
