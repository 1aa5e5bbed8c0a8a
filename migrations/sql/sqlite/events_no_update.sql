-- A recorded event is never changed. A correction is a new event.
CREATE TRIGGER events_no_update BEFORE UPDATE ON events
BEGIN
  SELECT RAISE(ABORT, 'events are append-only: wanted INSERT, found UPDATE. A correction is a new event.');
END
