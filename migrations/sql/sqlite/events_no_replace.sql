-- INSERT OR REPLACE removes the old row without firing a DELETE trigger, so an existing key is refused here. The messages
-- are those of the unique constraints, so that the service handles both in the same way.
CREATE TRIGGER events_no_replace BEFORE INSERT ON events
BEGIN
  SELECT RAISE(ABORT, 'UNIQUE constraint failed: events.operation_id, events.seq')
   WHERE EXISTS (SELECT 1 FROM events WHERE operation_id = NEW.operation_id AND seq = NEW.seq);
  SELECT RAISE(ABORT, 'UNIQUE constraint failed: events.operation_id, events.id')
   WHERE EXISTS (SELECT 1 FROM events WHERE operation_id = NEW.operation_id AND id = NEW.id);
  SELECT RAISE(ABORT, 'UNIQUE constraint failed: events.operation_id, events.corrects')
   WHERE EXISTS (SELECT 1 FROM events WHERE operation_id = NEW.operation_id AND corrects = NEW.corrects);
END
