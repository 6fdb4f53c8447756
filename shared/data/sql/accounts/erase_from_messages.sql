-- Messages stay without the addresses. Those that wait are dropped.
UPDATE messages SET
  address = NULL, sent_to = NULL, last_error = NULL, state = iif(state = 'Queued', 'Dropped', state),
  claim = NULL, claimed_until = NULL
WHERE reader_id = (SELECT row_id FROM operations WHERE id = :operation)
