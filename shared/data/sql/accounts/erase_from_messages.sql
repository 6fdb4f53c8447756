-- Messages stay without the addresses. Those that wait for the sender or for somebody are dropped.
UPDATE messages SET
  address = NULL, sent_to = NULL, last_error = NULL, state = iif(state IN ('Queued', 'Failed', 'Call'), 'Dropped', state),
  claim = NULL, claimed_until = NULL
WHERE reader_id = (SELECT row_id FROM operations WHERE id = :operation)
