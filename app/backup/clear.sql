-- Drop what a dump brings: everything of the connected role's in our two schemas. What extensions own stays, and what
-- other roles do.
DO $clear$
DECLARE ours record;
BEGIN
  IF pg_get_userbyid((SELECT nspowner FROM pg_namespace WHERE nspname = 'audit')) = current_user THEN
    DROP SCHEMA audit CASCADE;
  END IF;
  FOR ours IN
    SELECT oid::regclass::text AS name,
           CASE relkind WHEN 'v' THEN 'VIEW' WHEN 'm' THEN 'MATERIALIZED VIEW' WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END AS kind
    FROM pg_class c
    WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'v', 'm', 'S')
      AND pg_get_userbyid(relowner) = current_user
      AND NOT EXISTS (SELECT FROM pg_depend WHERE objid = c.oid AND classid = 'pg_class'::regclass AND deptype = 'e')
    ORDER BY relkind IN ('r', 'p') DESC, oid
  LOOP
    EXECUTE format('DROP %s IF EXISTS %s CASCADE', ours.kind, ours.name);
  END LOOP;
  FOR ours IN
    SELECT oid::regprocedure::text AS name FROM pg_proc p
    WHERE pronamespace = 'public'::regnamespace AND pg_get_userbyid(proowner) = current_user
      AND NOT EXISTS (SELECT FROM pg_depend WHERE objid = p.oid AND classid = 'pg_proc'::regclass AND deptype = 'e')
    ORDER BY oid
  LOOP
    EXECUTE format('DROP ROUTINE IF EXISTS %s CASCADE', ours.name);
  END LOOP;
END $clear$;
