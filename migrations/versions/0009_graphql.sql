-- Ends a statement that asks for too much, from inside: only there it is known how much that is.
-- Volatile, so that it is not worked out before it is reached.
CREATE FUNCTION refuse(detail text) RETURNS json LANGUAGE plpgsql VOLATILE AS $$
BEGIN
  RAISE EXCEPTION USING ERRCODE = 'program_limit_exceeded', MESSAGE = detail;
END $$;

-- The instant at which a day begins in a time zone: mostly its midnight. Where clocks are set forward over midnight it is
-- the instant of that, and where they are set back so that midnight comes twice, the first one.
CREATE FUNCTION day_begins(day date, zone text) RETURNS timestamptz LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE AS $$
DECLARE
  midnight timestamptz := day::timestamp AT TIME ZONE zone;
  before bigint;
  after bigint;
  middle bigint;
BEGIN
  IF NOT isfinite(day) OR ((midnight - interval '1 microsecond') AT TIME ZONE zone)::date < day THEN
    RETURN midnight;
  END IF;
  -- Clocks were never set by more than a day, and always at a whole second.
  after := extract(epoch FROM midnight);
  before := after - 90000;
  WHILE after - before > 1 LOOP
    middle := (before + after) / 2;
    IF (to_timestamp(middle) AT TIME ZONE zone)::date < day THEN before := middle; ELSE after := middle; END IF;
  END LOOP;
  RETURN to_timestamp(after);
END $$;
