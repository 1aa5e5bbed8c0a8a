CREATE TRIGGER events_no_delete BEFORE DELETE ON events
BEGIN
  SELECT RAISE(ABORT, 'events are append-only: wanted INSERT, found DELETE. A correction is a new event.');
END
