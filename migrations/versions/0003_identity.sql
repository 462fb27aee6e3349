-- 1. Who there is

CREATE TABLE users (
  id serial,
  kind varchar(10) NOT NULL,
  email varchar(254),
  name varchar(255) NOT NULL,
  role varchar(20),                        -- of a person; a service has the role of the token that it shows
  password_hash text,                      -- argon2id; NULL: signs in elsewhere, or not yet
  totp_secret text,                        -- encrypted; NULL: no second factor
  totp_last_step bigint,                   -- the newest code that was used: none is taken twice
  version integer DEFAULT 1 NOT NULL,
  created_at timestamptz DEFAULT now() NOT NULL,
  updated_at timestamptz DEFAULT now() NOT NULL,
  disabled_at timestamptz,
  last_seen_at timestamptz,                -- to the minute, by whatever credential
  CONSTRAINT pk_users PRIMARY KEY (id),
  CONSTRAINT ck_users_kind CHECK (kind IN ('person', 'service')),
  CONSTRAINT ck_users_role CHECK (role IN ('viewer', 'contributor', 'editor', 'analyst', 'admin')),
  CONSTRAINT ck_users_person_has_role CHECK ((kind = 'person') = (role IS NOT NULL)),
  CONSTRAINT ck_users_service_signs_in_by_token CHECK (kind = 'person' OR (email IS NULL AND password_hash IS NULL)),
  CONSTRAINT ck_users_name_not_blank CHECK (btrim(name) <> '')
);
CREATE UNIQUE INDEX uq_users_email ON users (lower(email));
CREATE UNIQUE INDEX uq_users_service_name ON users (folded(name)) WHERE kind = 'service';
-- Being seen, and using a code up, is no change of the person.
CREATE TRIGGER b_touch BEFORE UPDATE OF email, name, role, password_hash, totp_secret, disabled_at ON users
  FOR EACH ROW WHEN (OLD.* IS DISTINCT FROM NEW.*) EXECUTE FUNCTION touch();
CREATE TRIGGER c_raise_version BEFORE UPDATE OF email, name, role, password_hash, totp_secret, disabled_at ON users
  FOR EACH ROW WHEN (OLD.* IS DISTINCT FROM NEW.*) EXECUTE FUNCTION raise_version();

CREATE TABLE sessions (
  id uuid NOT NULL,
  user_id integer NOT NULL,
  token_hash bytea NOT NULL,
  previous_hash bytea,                     -- good for a moment after a rotation; later its use ends the session
  rotated_at timestamptz DEFAULT now() NOT NULL,
  confirmed_at timestamptz,                -- when the newest secret was first shown; NULL: its answer may be lost
  created_at timestamptz DEFAULT now() NOT NULL,
  last_seen_at timestamptz DEFAULT now() NOT NULL,
  expires_at timestamptz NOT NULL,
  signed_in_with varchar(20) NOT NULL,
  ip inet,
  user_agent varchar(255),
  CONSTRAINT pk_sessions PRIMARY KEY (id),
  CONSTRAINT uq_sessions_token_hash UNIQUE (token_hash),
  CONSTRAINT fk_sessions_user_id FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
);
CREATE UNIQUE INDEX uq_sessions_previous_hash ON sessions (previous_hash);
CREATE INDEX ix_sessions_user_id ON sessions (user_id);

CREATE TABLE api_tokens (
  id serial,
  user_id integer NOT NULL,
  name varchar(255) NOT NULL,
  token_hash bytea NOT NULL,
  last4 varchar(4) NOT NULL,
  role varchar(20),                        -- the most that a person's token may do; NULL: what the person may
  scopes text[] DEFAULT '{}' NOT NULL,
  created_at timestamptz DEFAULT now() NOT NULL,
  expires_at timestamptz,
  last_used_at timestamptz,
  revoked_at timestamptz,
  CONSTRAINT pk_api_tokens PRIMARY KEY (id),
  CONSTRAINT uq_api_tokens_token_hash UNIQUE (token_hash),
  CONSTRAINT fk_api_tokens_user_id FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE,
  CONSTRAINT ck_api_tokens_role CHECK (role IN ('viewer', 'contributor', 'editor', 'analyst', 'admin')),
  CONSTRAINT ck_api_tokens_name_not_blank CHECK (btrim(name) <> '')
);
CREATE INDEX ix_api_tokens_user_id ON api_tokens (user_id);

CREATE TABLE one_time_links (
  id serial,
  purpose varchar(20) NOT NULL,
  user_id integer,                         -- NULL only for the first administrator, who isn't there yet
  token_hash bytea NOT NULL,
  created_at timestamptz DEFAULT now() NOT NULL,
  expires_at timestamptz NOT NULL,
  used_at timestamptz,
  CONSTRAINT pk_one_time_links PRIMARY KEY (id),
  CONSTRAINT uq_one_time_links_token_hash UNIQUE (token_hash),
  CONSTRAINT fk_one_time_links_user_id FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE,
  CONSTRAINT ck_one_time_links_purpose CHECK (purpose IN ('first_administrator', 'invite', 'reset')),
  CONSTRAINT ck_one_time_links_user CHECK ((purpose = 'first_administrator') = (user_id IS NULL))
);
CREATE INDEX ix_one_time_links_user_id ON one_time_links (user_id);

CREATE TABLE external_identities (
  id serial,
  user_id integer NOT NULL,
  issuer text NOT NULL,
  subject text NOT NULL,
  created_at timestamptz DEFAULT now() NOT NULL,
  CONSTRAINT pk_external_identities PRIMARY KEY (id),
  CONSTRAINT uq_external_identities_issuer_subject UNIQUE (issuer, subject),
  CONSTRAINT fk_external_identities_user_id FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
);
CREATE INDEX ix_external_identities_user_id ON external_identities (user_id);

CREATE TABLE recovery_codes (
  user_id integer NOT NULL,
  code_hash bytea NOT NULL,
  CONSTRAINT pk_recovery_codes PRIMARY KEY (user_id, code_hash),
  CONSTRAINT fk_recovery_codes_user_id FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
);

-- 2. Whose an insight is

ALTER TABLE insights ADD COLUMN owner_id integer
  CONSTRAINT fk_insights_owner_id REFERENCES users (id) ON DELETE SET NULL;
CREATE INDEX ix_insights_owner_drafts ON insights (owner_id) WHERE status = 'draft';

-- 3. The counts of what a reader sees: the cells of the visibilities that the role sees, without the drafts unless it
-- sees every draft, and the reader's own drafts beside them, which no cell knows. The planner inlines these functions.

CREATE FUNCTION insight_cells_seen(seen text[], every_draft boolean, reader integer)
RETURNS TABLE (category_id integer, status text, priority text, visibility text, n bigint, action_seconds numeric)
LANGUAGE sql STABLE PARALLEL SAFE BEGIN ATOMIC
  SELECT c.category_id, c.status, c.priority, c.visibility, c.n, c.action_seconds FROM insight_counts c
  WHERE c.visibility = ANY (seen) AND (every_draft OR c.status <> 'draft')
  UNION ALL
  SELECT d.category_id, d.status, d.priority, d.visibility, d.n, d.action_seconds FROM insight_count_delta d
  WHERE d.visibility = ANY (seen) AND (every_draft OR d.status <> 'draft')
  UNION ALL
  SELECT coalesce(i.category_id, 0), i.status::text, i.priority::text, i.visibility::text, 1::bigint,
         count_action_seconds(i.created_at, i.published_at)
  FROM insights i
  WHERE i.owner_id = reader AND i.status = 'draft' AND NOT (every_draft AND i.visibility = ANY (seen));
END;

CREATE FUNCTION tags_seen(seen text[], every_draft boolean, reader integer)
RETURNS TABLE (id integer, name varchar, slug varchar, description text, color varchar, created_at timestamptz,
               usage_count integer, version integer)
LANGUAGE sql STABLE PARALLEL SAFE BEGIN ATOMIC
  SELECT t.id, t.name, t.slug, t.description, t.color, t.created_at,
         (coalesce((SELECT sum(c.n) FROM tag_cells c
                    WHERE c.tag_id = t.id AND c.visibility = ANY (seen) AND (every_draft OR c.status <> 'draft')), 0)
          + coalesce(own.n, 0))::integer, t.version
  FROM tags t
  LEFT JOIN (SELECT link.tag_id, count(*) AS n FROM insights i JOIN insight_tags link ON link.insight_id = i.id
             WHERE i.owner_id = reader AND i.status = 'draft' AND NOT (every_draft AND i.visibility = ANY (seen))
             GROUP BY link.tag_id) own ON own.tag_id = t.id;
END;

-- 4. The audit log: one partition a month in a schema of their own, so that retention drops files, not rows

CREATE SCHEMA audit;
CREATE TABLE audit_log (
  id bigint GENERATED ALWAYS AS IDENTITY,
  at timestamptz DEFAULT clock_timestamp() NOT NULL,
  actor_kind varchar(10) NOT NULL,         -- anonymous, local, person, service, system
  actor_id integer,                        -- users.id; no foreign key: the log outlives them
  actor_name varchar(300) NOT NULL,
  verb varchar(50) NOT NULL,               -- "insight.create", "session.begin"
  outcome varchar(10) NOT NULL,
  subject_type varchar(30),
  subject_id varchar(100),
  subject_name varchar(300),
  diff jsonb,                              -- field -> [before, after], long texts shortened
  ip inet,
  request_id varchar(128),
  CONSTRAINT pk_audit_log PRIMARY KEY (at, id),
  CONSTRAINT ck_audit_log_outcome CHECK (outcome IN ('done', 'denied'))
) PARTITION BY RANGE (at);
CREATE INDEX ix_audit_log_actor_id ON audit_log (actor_id, at DESC);
CREATE INDEX ix_audit_log_subject ON audit_log (subject_type, subject_id, at DESC);
CREATE INDEX ix_audit_log_verb ON audit_log (verb, at DESC);
CREATE TABLE audit.log_later PARTITION OF audit_log DEFAULT;

-- Append-only, also where one role does everything; where there are two, the application has no right to try.
CREATE FUNCTION audit_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'the audit log is append-only' USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER a_append_only BEFORE UPDATE OR DELETE ON audit_log
  FOR EACH ROW WHEN (coalesce(current_setting('insights.audit_upkeep', true), '') <> 'on')
  EXECUTE FUNCTION audit_append_only();
CREATE TRIGGER a_append_only_truncate BEFORE TRUNCATE ON audit_log
  FOR EACH STATEMENT EXECUTE FUNCTION audit_append_only();

-- Partitions for this month and the three that follow; those that ended six months ago or more go. The application may
-- call it (it runs with its owner's rights) but not choose what is kept. Returns what was made and dropped.
CREATE FUNCTION audit_keep_partitions() RETURNS TABLE (partition text, what text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  month date := date_trunc('month', now() AT TIME ZONE 'UTC');
  first_day date; next_day date; gone record;
BEGIN
  PERFORM pg_advisory_xact_lock(7202, 1);
  FOR ahead IN 0..3 LOOP
    first_day := month + make_interval(months => ahead);
    next_day := first_day + interval '1 month';
    partition := 'log_' || to_char(first_day, 'YYYY_MM');
    CONTINUE WHEN to_regclass('audit.' || partition) IS NOT NULL;
    EXECUTE format('CREATE TABLE audit.%I (LIKE audit_log INCLUDING DEFAULTS INCLUDING CONSTRAINTS)', partition);
    -- What came while the month had no partition moves into it.
    PERFORM set_config('insights.audit_upkeep', 'on', true);
    EXECUTE format('WITH late AS (DELETE FROM audit.log_later WHERE at >= %1$L AND at < %2$L RETURNING *)'
                   ' INSERT INTO audit.%3$I SELECT * FROM late',
                   first_day::timestamp AT TIME ZONE 'UTC', next_day::timestamp AT TIME ZONE 'UTC', partition);
    PERFORM set_config('insights.audit_upkeep', 'off', true);
    EXECUTE format('ALTER TABLE audit_log ATTACH PARTITION audit.%I FOR VALUES FROM (%L) TO (%L)', partition,
                   first_day::timestamp AT TIME ZONE 'UTC', next_day::timestamp AT TIME ZONE 'UTC');
    what := 'made';
    RETURN NEXT;
  END LOOP;
  FOR gone IN
    SELECT c.relname FROM pg_class c JOIN pg_namespace s ON s.oid = c.relnamespace
    WHERE s.nspname = 'audit' AND c.relkind = 'r' AND c.relname ~ '^log_\d{4}_\d{2}$'
      AND to_date(substr(c.relname, 5), 'YYYY_MM') + interval '1 month' <= month - interval '6 months'
    ORDER BY 1
  LOOP
    EXECUTE format('DROP TABLE audit.%I', gone.relname);
    partition := gone.relname;
    what := 'dropped';
    RETURN NEXT;
  END LOOP;
END $$;
REVOKE ALL ON FUNCTION audit_keep_partitions FROM PUBLIC;
SELECT audit_keep_partitions();
