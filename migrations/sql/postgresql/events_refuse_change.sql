-- A recorded event is never changed. A correction is a new event.
CREATE FUNCTION events_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'events are append-only: wanted INSERT, found %. A correction is a new event.', TG_OP
    USING ERRCODE = 'restrict_violation';
END
$$
