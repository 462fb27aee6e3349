-- What the application's role may do with what the migrating role owns. Runs after every migration and says all of it
-- anew, so that a table's rights never depend on how it came about. The role is named by insights.application; when it
-- is the migrating role itself there is nothing to grant.
DO $grants$
DECLARE
  application constant name := current_setting('insights.application');
  maintains constant text :=
    CASE WHEN current_setting('server_version_num')::integer >= 170000 THEN ', MAINTAIN' ELSE '' END;
  ours record;
BEGIN
  -- Everybody may call a new function; not one that runs with its owner's rights.
  FOR ours IN
    SELECT p.oid::regprocedure AS name FROM pg_proc p
    WHERE p.pronamespace = 'public'::regnamespace AND p.prosecdef AND pg_get_userbyid(p.proowner) = current_user
  LOOP
    EXECUTE format('REVOKE ALL ON ROUTINE %s FROM PUBLIC', ours.name);
  END LOOP;
  IF application = current_user THEN RETURN; END IF;

  -- 1. Where things are. Everybody may make temporary tables unless told otherwise, and before PostgreSQL 15 tables.
  IF pg_has_role((SELECT datdba FROM pg_database WHERE datname = current_database()), 'USAGE') THEN
    EXECUTE format('REVOKE CREATE, TEMPORARY ON DATABASE %I FROM PUBLIC, %I', current_database(), application);
    EXECUTE format('GRANT CONNECT ON DATABASE %I TO %I', current_database(), application);
    EXECUTE format('REVOKE CREATE ON SCHEMA public FROM PUBLIC, %I', application);
    EXECUTE format('GRANT USAGE ON SCHEMA public TO %I', application);
  END IF;

  -- 2. Tables, views and sequences
  FOR ours IN
    SELECT c.oid::regclass AS name, CASE c.relkind WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END AS kind,
           CASE WHEN c.relkind = 'S' THEN 'USAGE, SELECT'
                WHEN c.relkind IN ('v', 'm') OR c.relname = 'alembic_version' THEN 'SELECT'
                WHEN c.relname = 'audit_log' THEN 'SELECT, INSERT'           -- append-only
                WHEN c.relname IN ('insight_count_delta', 'tag_count_delta') -- VACUUM, as they are emptied every second
                  THEN 'SELECT, INSERT, UPDATE, DELETE' || maintains
                ELSE 'SELECT, INSERT, UPDATE, DELETE' END AS rights
    FROM pg_class c
    WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm', 'S')
      AND pg_get_userbyid(c.relowner) = current_user
    ORDER BY c.relname
  LOOP
    EXECUTE format('REVOKE ALL ON %s %s FROM %I', ours.kind, ours.name, application);
    EXECUTE format('GRANT %s ON %s %s TO %I', ours.rights, ours.kind, ours.name, application);
  END LOOP;

  -- 3. Functions; those that a migration took from everybody are for the application, too
  FOR ours IN
    SELECT p.oid::regprocedure AS name FROM pg_proc p
    WHERE p.pronamespace = 'public'::regnamespace AND pg_get_userbyid(p.proowner) = current_user
    ORDER BY p.oid
  LOOP
    EXECUTE format('GRANT EXECUTE ON ROUTINE %s TO %I', ours.name, application);
  END LOOP;

  -- 4. The partitions of audit_log are reached through it alone
  IF to_regnamespace('audit') IS NOT NULL THEN
    EXECUTE format('REVOKE ALL ON ALL TABLES IN SCHEMA audit FROM %I', application);
    EXECUTE format('REVOKE ALL ON SCHEMA audit FROM %I', application);
  END IF;
END $grants$;
