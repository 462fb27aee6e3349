-- 1. Revisions: what each change of an insight replaced. The insight itself is the newest state; going back from it,
-- revision by revision, gives every earlier one. What is kept and how to read it: docs/reference/revisions.md.

CREATE FUNCTION current_xact() RETURNS bigint LANGUAGE sql STABLE PARALLEL RESTRICTED
RETURN pg_current_xact_id()::text::bigint;

CREATE TABLE insight_revisions (
  insight_id integer NOT NULL,             -- no foreign key: history stays while the insight lies in the trash
  number integer NOT NULL,                 -- 1 is the creation
  version integer NOT NULL,                -- of the insight, after this change
  at timestamptz DEFAULT clock_timestamp() NOT NULL,
  verb varchar(20) NOT NULL,
  actor_kind varchar(10) NOT NULL,
  actor_id integer,                        -- users.id; no foreign key: history outlives them
  actor_name varchar(300) NOT NULL,
  message varchar(500),
  receipt_id uuid,                         -- of the act on many insights that this was a part of
  xact bigint DEFAULT current_xact() NOT NULL,   -- which transaction wrote it, for what else the same one does
  changes jsonb DEFAULT '{}' NOT NULL,     -- field -> what it was before
  CONSTRAINT pk_insight_revisions PRIMARY KEY (insight_id, number),
  CONSTRAINT ck_insight_revisions_number CHECK (number >= 1),
  CONSTRAINT ck_insight_revisions_verb CHECK (verb IN ('create', 'update', 'revert', 'trash', 'restore'))
);
CREATE INDEX ix_insight_revisions_receipt_id ON insight_revisions (receipt_id) WHERE receipt_id IS NOT NULL;

-- Who acts and why, as the application said it in this transaction (set_config('insights.act', ...)). What comes past
-- the application is the database role's.
CREATE FUNCTION current_act() RETURNS jsonb LANGUAGE sql STABLE
RETURN coalesce(nullif(current_setting('insights.act', true), '')::jsonb,
                jsonb_build_object('actor_kind', 'database', 'actor_name', session_user));

-- A text as it was before, told by the newer one: a list of literal text and of [start, length] of what is the same in
-- the newer text (characters, from 0). A change costs what it touches: the same beginning and end are never stored, and
-- of what lies between every piece that is still somewhere in the newer text isn't.
CREATE FUNCTION same_start(a text, b text) RETURNS integer LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE low integer := 0; high integer := least(length(a), length(b)); half integer;
BEGIN
  WHILE low < high LOOP
    half := (low + high + 1) / 2;
    IF left(a, half) = left(b, half) THEN low := half; ELSE high := half - 1; END IF;
  END LOOP;
  RETURN low;
END $$;
-- Lines, long ones in pieces that end with a word: the same words far from a change make the same pieces. None when
-- there are too many to compare them in a second or two.
CREATE FUNCTION text_pieces(value text) RETURNS text[] LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN CASE WHEN length(value) / 40 + length(value) - length(replace(value, E'\n', '')) > 30000 THEN '{}'
            ELSE ARRAY(SELECT match[1] FROM regexp_matches(value, '[^\n]{1,40}\S*\s?|\n', 'g') match) END;
CREATE FUNCTION text_delta(newer text, older text) RETURNS jsonb LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
SET enable_nestloop = off AS $$
DECLARE
  head integer := same_start(newer, older);
  new_middle text := substr(newer, head + 1);
  old_middle text := substr(older, head + 1);
  tail integer := same_start(reverse(new_middle), reverse(old_middle));
  new_pieces text[];
  old_pieces text[];
  middle jsonb;
BEGIN
  new_middle := left(new_middle, length(new_middle) - tail);
  old_middle := left(old_middle, length(old_middle) - tail);
  new_pieces := text_pieces(new_middle);
  old_pieces := text_pieces(old_middle);
  IF new_pieces = '{}' OR old_pieces = '{}' THEN
    middle := CASE WHEN old_middle = '' THEN '[]' ELSE jsonb_build_array(old_middle) END;
  ELSE
    -- A piece is looked for behind the same piece as before, the first there as the first here; else anywhere.
    WITH old_piece AS (
      SELECT *, row_number() OVER (PARTITION BY piece, before ORDER BY n) AS nth
      FROM (SELECT n, piece, lag(piece, 1, '') OVER (ORDER BY n) AS before
            FROM unnest(old_pieces) WITH ORDINALITY AS split(piece, n)) placed),
    new_piece AS MATERIALIZED (
      SELECT *, row_number() OVER (PARTITION BY piece, before ORDER BY n) AS nth
      FROM (SELECT n, piece, lag(piece, 1, '') OVER (ORDER BY n) AS before,
                   sum(length(piece)) OVER (ORDER BY n) - length(piece) AS start
            FROM unnest(new_pieces) WITH ORDINALITY AS split(piece, n)) placed),
    anywhere AS (SELECT piece, min(n) AS n, min(start) AS start FROM new_piece GROUP BY piece),
    met AS (
      SELECT o.n, o.piece, coalesce(same.n, anywhere.n) AS k, coalesce(same.start, anywhere.start) AS start
      FROM old_piece o LEFT JOIN new_piece same USING (piece, before, nth) LEFT JOIN anywhere USING (piece)),
    run AS (
      SELECT *, count(*) FILTER (WHERE begins) OVER (ORDER BY n) AS run
      FROM (SELECT *, k IS DISTINCT FROM lag(k) OVER (ORDER BY n) + (k IS NOT NULL)::integer AS begins FROM met) m),
    part AS (
      SELECT min(n) AS first,
             CASE WHEN min(k) IS NULL OR sum(length(piece)) < 16 THEN to_jsonb(string_agg(piece, '' ORDER BY n))
                  ELSE jsonb_build_array(head + min(start), sum(length(piece))) END AS part
      FROM run GROUP BY run)
    SELECT jsonb_agg(part ORDER BY first) INTO middle FROM part;
  END IF;
  RETURN CASE WHEN head > 0 THEN jsonb_build_array(jsonb_build_array(0, head)) ELSE '[]' END
      || middle
      || CASE WHEN tail > 0 THEN jsonb_build_array(jsonb_build_array(length(newer) - tail, tail)) ELSE '[]' END;
END $$;
-- What a text was: itself when it is short, the newer one is gone or the delta would be longer; else its delta, with a
-- fingerprint to check by.
CREATE FUNCTION text_was(newer text, older text) RETURNS jsonb LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE delta jsonb;
BEGIN
  IF older IS NULL THEN RETURN 'null'; END IF;
  IF newer IS NULL OR length(older) < 100 THEN RETURN to_jsonb(older); END IF;
  delta := text_delta(newer, older);
  RETURN CASE WHEN pg_column_size(delta) < octet_length(older)
              THEN jsonb_build_object('delta', delta, 'md5', md5(older)) ELSE to_jsonb(older) END;
END $$;

-- 2. Triggers write them, so that no change goes past: not the importer's, not one typed into psql. The plans of these
-- functions are cached while the tables are small: told so, they would read them whole for ever.

CREATE FUNCTION revise_new_insights() RETURNS trigger LANGUAGE plpgsql SET enable_seqscan = off AS $$
DECLARE act jsonb := current_act();
BEGIN
  INSERT INTO insight_revisions (insight_id, number, version, verb, actor_kind, actor_id, actor_name, message, receipt_id)
  SELECT n.id, last.number + 1, n.version, CASE WHEN last.number = 0 THEN 'create' ELSE 'restore' END,
         act->>'actor_kind', (act->>'actor_id')::integer, act->>'actor_name', act->>'message',
         (act->>'receipt_id')::uuid
  FROM new_rows n
  CROSS JOIN LATERAL (SELECT coalesce(max(r.number), 0) AS number FROM insight_revisions r WHERE r.insight_id = n.id) last;
  RETURN NULL;
END $$;

CREATE FUNCTION add_revision(insight integer, insight_version integer, was jsonb) RETURNS void LANGUAGE plpgsql
SET enable_seqscan = off AS $$
DECLARE act jsonb := current_act();
BEGIN
  INSERT INTO insight_revisions (insight_id, number, version, verb, actor_kind, actor_id, actor_name, message,
                                 receipt_id, changes)
  SELECT insight, coalesce(max(number), 0) + 1, insight_version, coalesce(act->>'verb', 'update'), act->>'actor_kind',
         (act->>'actor_id')::integer, act->>'actor_name', act->>'message', (act->>'receipt_id')::uuid, was
  FROM insight_revisions WHERE insight_id = insight
  -- The row of the insight is locked. Only an old snapshot (REPEATABLE READ) misses the newest number, and to that this
  -- is a serialisation failure.
  ON CONFLICT ON CONSTRAINT pk_insight_revisions DO NOTHING;
END $$;

CREATE FUNCTION revise_changed_insight() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE was jsonb;
BEGIN
  SELECT coalesce(jsonb_object_agg(field, value), '{}') INTO was FROM (VALUES
    ('title', CASE WHEN OLD.title <> NEW.title THEN to_jsonb(OLD.title) END),
    ('description', CASE WHEN OLD.description <> NEW.description THEN text_was(NEW.description, OLD.description) END),
    ('content', CASE WHEN OLD.content IS DISTINCT FROM NEW.content THEN text_was(NEW.content, OLD.content) END),
    ('source', CASE WHEN OLD.source IS DISTINCT FROM NEW.source THEN coalesce(to_jsonb(OLD.source), 'null') END),
    ('author', CASE WHEN OLD.author <> NEW.author THEN to_jsonb(OLD.author) END),
    ('category_id', CASE WHEN OLD.category_id IS DISTINCT FROM NEW.category_id
                         THEN coalesce(to_jsonb(OLD.category_id), 'null') END),
    ('priority', CASE WHEN OLD.priority <> NEW.priority THEN to_jsonb(OLD.priority) END),
    ('status', CASE WHEN OLD.status <> NEW.status THEN to_jsonb(OLD.status) END),
    ('visibility', CASE WHEN OLD.visibility <> NEW.visibility THEN to_jsonb(OLD.visibility) END),
    ('owner_id', CASE WHEN OLD.owner_id IS DISTINCT FROM NEW.owner_id THEN coalesce(to_jsonb(OLD.owner_id), 'null') END),
    ('metadata', CASE WHEN OLD.metadata <> NEW.metadata THEN OLD.metadata END),
    ('external_key', CASE WHEN OLD.external_key IS DISTINCT FROM NEW.external_key
                          THEN coalesce(to_jsonb(OLD.external_key), 'null') END),
    ('created_at', CASE WHEN OLD.created_at <> NEW.created_at THEN to_jsonb(iso_utc(OLD.created_at)) END),
    ('published_at', CASE WHEN OLD.published_at IS DISTINCT FROM NEW.published_at
                          THEN coalesce(to_jsonb(iso_utc(OLD.published_at)), 'null') END)
  ) change(field, value) WHERE value IS NOT NULL;
  PERFORM add_revision(NEW.id, NEW.version, was);
  RETURN NULL;
END $$;

-- Links gained or lost belong to the revision that this transaction wrote, or make one of their own. Sets and loops
-- instead of joins with the transition tables, as in the counts: their plans are cached without row counts.
CREATE FUNCTION revise_links(ids integer[], gained_by integer[], gained integer[], lost_by integer[], lost integer[])
RETURNS void LANGUAGE plpgsql SET enable_seqscan = off SET plan_cache_mode = force_generic_plan AS $$
DECLARE act jsonb := current_act();
BEGIN
  ids := ARRAY(SELECT id FROM unnest(ids) id
               WHERE (SELECT r.verb IN ('create', 'restore') AND r.xact = current_xact() AND r.at >= now()
                      FROM insight_revisions r WHERE r.insight_id = id ORDER BY r.number DESC LIMIT 1) IS NOT TRUE);
  IF ids = '{}' THEN RETURN; END IF;
  PERFORM FROM insights WHERE id = ANY (ids) ORDER BY id FOR NO KEY UPDATE;
  WITH change AS MATERIALIZED (
    SELECT insight_id, coalesce(jsonb_agg(tag_id ORDER BY tag_id) FILTER (WHERE tag_id IS NOT NULL), '[]') AS was
    FROM (((SELECT insight_id, tag_id FROM insight_tags WHERE insight_id = ANY (ids)
            EXCEPT SELECT * FROM unnest(gained_by, gained))
           UNION SELECT * FROM unnest(lost_by, lost))
          UNION ALL SELECT id, NULL FROM unnest(ids) id) link
    WHERE (insight_id IN (SELECT unnest(ids))) IS TRUE GROUP BY insight_id),   -- hashed: searching an array takes long
  last AS MATERIALIZED (                   -- without those that were deleted, and their links with them
    SELECT c.insight_id, c.was, i.version, coalesce(r.number, 0) AS number, coalesce(r.ours, false) AS ours
    FROM change c JOIN insights i ON i.id = c.insight_id
    LEFT JOIN LATERAL (SELECT number, xact = current_xact() AND at >= now() AS ours
                       FROM insight_revisions WHERE insight_id = c.insight_id ORDER BY number DESC LIMIT 1) r ON true),
  told AS (
    UPDATE insight_revisions r SET changes = jsonb_build_object('tags', last.was) || r.changes
    FROM last WHERE last.ours AND r.insight_id = last.insight_id AND r.number = last.number)
  INSERT INTO insight_revisions (insight_id, number, version, verb, actor_kind, actor_id, actor_name, message,
                                 receipt_id, changes)
  SELECT insight_id, number + 1, version, coalesce(act->>'verb', 'update'), act->>'actor_kind',
         (act->>'actor_id')::integer, act->>'actor_name', act->>'message', (act->>'receipt_id')::uuid,
         jsonb_build_object('tags', was)
  FROM last WHERE NOT ours
  -- Only an old snapshot (REPEATABLE READ) misses the newest number: then this is a serialisation failure.
  ON CONFLICT ON CONSTRAINT pk_insight_revisions DO NOTHING;
END $$;
CREATE FUNCTION revise_new_links() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM revise_links(array_agg(DISTINCT insight_id), array_agg(insight_id), array_agg(tag_id), '{}', '{}')
  FROM new_rows HAVING count(*) > 0;
  RETURN NULL;
END $$;
CREATE FUNCTION revise_gone_links() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM revise_links(array_agg(DISTINCT insight_id), '{}', '{}', array_agg(insight_id), array_agg(tag_id))
  FROM old_rows HAVING count(*) > 0;
  RETURN NULL;
END $$;
CREATE FUNCTION revise_changed_links() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE gained_by integer[]; gained integer[]; lost_by integer[]; lost integer[];
BEGIN
  SELECT array_agg(insight_id), array_agg(tag_id) INTO gained_by, gained FROM (
    SELECT insight_id, tag_id FROM new_rows EXCEPT SELECT insight_id, tag_id FROM old_rows) change;
  SELECT array_agg(insight_id), array_agg(tag_id) INTO lost_by, lost FROM (
    SELECT insight_id, tag_id FROM old_rows EXCEPT SELECT insight_id, tag_id FROM new_rows) change;
  IF gained IS NOT NULL THEN               -- counting a link anew is no change of it
    PERFORM revise_links(array_agg(DISTINCT id), gained_by, gained, lost_by, lost) FROM unnest(gained_by || lost_by) id;
  END IF;
  RETURN NULL;
END $$;
-- Before: afterwards nothing says what was linked. When the insights go too, so do these.
CREATE FUNCTION revise_truncated_links() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM add_revision(link.insight_id, link.version, jsonb_build_object('tags', link.was)) FROM (
    SELECT it.insight_id, i.version, jsonb_agg(it.tag_id ORDER BY it.tag_id) AS was
    FROM insight_tags it JOIN insights i ON i.id = it.insight_id GROUP BY it.insight_id, i.version) link;
  RETURN NULL;
END $$;
CREATE TRIGGER revisions_insert AFTER INSERT ON insights REFERENCING NEW TABLE AS new_rows
  FOR EACH STATEMENT EXECUTE FUNCTION revise_new_insights();
CREATE TRIGGER revisions_update AFTER UPDATE ON insights
  FOR EACH ROW WHEN (OLD.version <> NEW.version) EXECUTE FUNCTION revise_changed_insight();
CREATE TRIGGER revisions_insert AFTER INSERT ON insight_tags REFERENCING NEW TABLE AS new_rows
  FOR EACH STATEMENT EXECUTE FUNCTION revise_new_links();
CREATE TRIGGER revisions_update AFTER UPDATE ON insight_tags REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
  FOR EACH STATEMENT EXECUTE FUNCTION revise_changed_links();
CREATE TRIGGER revisions_delete AFTER DELETE ON insight_tags REFERENCING OLD TABLE AS old_rows
  FOR EACH STATEMENT EXECUTE FUNCTION revise_gone_links();
CREATE TRIGGER revisions_truncate BEFORE TRUNCATE ON insight_tags
  FOR EACH STATEMENT EXECUTE FUNCTION revise_truncated_links();

-- The counts' functions look insights and links up one by one, too. A plan of theirs that was cached while few insights
-- were there took ten seconds for the links of 10,000 that came out of the trash.
CREATE OR REPLACE FUNCTION count_relabel(ids integer[]) RETURNS void LANGUAGE plpgsql SET enable_seqscan = off AS $$
BEGIN
  UPDATE insight_tags link SET counted_status = i.status, counted_visibility = i.visibility
  FROM unnest(ids) AS moved(id)
  CROSS JOIN LATERAL (SELECT status, visibility FROM insights WHERE insights.id = moved.id OFFSET 0) i
  WHERE link.insight_id = moved.id
    AND (link.counted_status, link.counted_visibility) IS DISTINCT FROM (i.status, i.visibility);
END $$;
ALTER FUNCTION count_hold_insights SET enable_seqscan = off;

-- 3. The trash: a table of its own, so that what lies there is nowhere else: not in a list, not in a count

CREATE TABLE insight_trash (LIKE insights);
ALTER TABLE insight_trash
  DROP COLUMN search_vector,
  ADD COLUMN tag_ids integer[] NOT NULL,
  ADD COLUMN trashed_at timestamptz DEFAULT now() NOT NULL,
  ADD COLUMN trashed_by varchar(300) NOT NULL,
  ADD CONSTRAINT pk_insight_trash PRIMARY KEY (id);
CREATE INDEX ix_insight_trash_trashed_at ON insight_trash (trashed_at DESC, id DESC);

-- What leaves the insights goes into the trash, as the application put it there, or is gone with its history.
CREATE FUNCTION revise_gone_insights() RETURNS trigger LANGUAGE plpgsql SET enable_seqscan = off AS $$
DECLARE ids integer[] := (SELECT array_agg(id) FROM old_rows); act jsonb := current_act();
BEGIN
  INSERT INTO insight_revisions (insight_id, number, version, verb, actor_kind, actor_id, actor_name, message, receipt_id)
  SELECT t.id, last.number + 1, t.version, 'trash', act->>'actor_kind', (act->>'actor_id')::integer,
         act->>'actor_name', act->>'message', (act->>'receipt_id')::uuid
  FROM insight_trash t
  CROSS JOIN LATERAL (SELECT coalesce(max(r.number), 0) AS number FROM insight_revisions r WHERE r.insight_id = t.id) last
  WHERE t.id = ANY (ids);
  DELETE FROM insight_revisions
  WHERE insight_id = ANY (ids) AND NOT EXISTS (SELECT FROM insight_trash WHERE id = insight_id);
  RETURN NULL;
END $$;
CREATE TRIGGER revisions_delete AFTER DELETE ON insights REFERENCING OLD TABLE AS old_rows
  FOR EACH STATEMENT EXECUTE FUNCTION revise_gone_insights();
CREATE FUNCTION revise_purged_insights() RETURNS trigger LANGUAGE plpgsql SET enable_seqscan = off AS $$
DECLARE ids integer[] := (SELECT array_agg(id) FROM old_rows);
BEGIN
  DELETE FROM insight_revisions WHERE insight_id = ANY (ids) AND NOT EXISTS (SELECT FROM insights WHERE id = insight_id);
  RETURN NULL;
END $$;
CREATE TRIGGER revisions_delete AFTER DELETE ON insight_trash REFERENCING OLD TABLE AS old_rows
  FOR EACH STATEMENT EXECUTE FUNCTION revise_purged_insights();
CREATE FUNCTION revise_truncated() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  DELETE FROM insight_revisions
  WHERE NOT EXISTS (SELECT FROM insights WHERE id = insight_id) AND NOT EXISTS (SELECT FROM insight_trash WHERE id = insight_id);
  RETURN NULL;
END $$;
CREATE TRIGGER revisions_truncate AFTER TRUNCATE ON insights FOR EACH STATEMENT EXECUTE FUNCTION revise_truncated();
CREATE TRIGGER revisions_truncate AFTER TRUNCATE ON insight_trash FOR EACH STATEMENT EXECUTE FUNCTION revise_truncated();

-- Set when an insight is first published, kept ever after; only undoing the publication takes it back.
CREATE OR REPLACE FUNCTION first_publication() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'UPDATE' AND coalesce(current_setting('insights.undoing', true), '') <> 'on' THEN
    NEW.published_at := coalesce(NEW.published_at, OLD.published_at);
  END IF;
  IF NEW.status = 'published' AND NEW.published_at IS NULL THEN NEW.published_at := now(); END IF;
  RETURN NEW;
END $$;

-- 4. Receipts: one act on many rows, and what undoing it needs

CREATE TABLE receipts (
  id uuid NOT NULL,
  at timestamptz DEFAULT now() NOT NULL,
  actor_kind varchar(10) NOT NULL,
  actor_id integer,
  actor_name varchar(300) NOT NULL,
  action varchar(30) NOT NULL,
  request jsonb NOT NULL,                  -- what was asked for
  outcome jsonb DEFAULT '{}' NOT NULL,     -- what became of it
  undone_by uuid,                          -- the receipt of the undoing
  CONSTRAINT pk_receipts PRIMARY KEY (id),
  CONSTRAINT fk_receipts_undone_by FOREIGN KEY (undone_by) REFERENCES receipts (id)
);
CREATE INDEX ix_receipts_at ON receipts (at DESC, id DESC);

-- 5. Names that were merged away: whoever types one means what it was merged into

CREATE TABLE tag_aliases (
  former_id integer NOT NULL,              -- the id that the merged tag had
  tag_id integer NOT NULL,
  name varchar(50) NOT NULL,
  slug varchar(50) NOT NULL,
  created_at timestamptz DEFAULT now() NOT NULL,
  CONSTRAINT pk_tag_aliases PRIMARY KEY (former_id),
  CONSTRAINT fk_tag_aliases_tag_id FOREIGN KEY (tag_id) REFERENCES tags (id) ON DELETE CASCADE
);
CREATE UNIQUE INDEX uq_tag_aliases_folded_name ON tag_aliases (folded(name));
CREATE INDEX ix_tag_aliases_tag_id ON tag_aliases (tag_id);
CREATE TABLE category_aliases (
  former_id integer NOT NULL,
  category_id integer NOT NULL,
  name varchar(100) NOT NULL,
  slug varchar(100) NOT NULL,
  created_at timestamptz DEFAULT now() NOT NULL,
  CONSTRAINT pk_category_aliases PRIMARY KEY (former_id),
  CONSTRAINT fk_category_aliases_category_id FOREIGN KEY (category_id) REFERENCES categories (id) ON DELETE CASCADE
);
CREATE UNIQUE INDEX uq_category_aliases_folded_name ON category_aliases (folded(name));
CREATE INDEX ix_category_aliases_category_id ON category_aliases (category_id);

-- A name is a tag or an alias. Commands look first; who loses a race is told to try again, and then sees it.
CREATE FUNCTION name_is_free() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE taken boolean;
BEGIN
  EXECUTE format('SELECT EXISTS (SELECT FROM %I WHERE folded(name) = folded($1))', TG_ARGV[0]) INTO taken USING NEW.name;
  IF taken THEN
    RAISE EXCEPTION '% and % must not share the name %', TG_TABLE_NAME, TG_ARGV[0], NEW.name
      USING ERRCODE = 'serialization_failure';
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER name_is_free_insert AFTER INSERT ON tags FOR EACH ROW EXECUTE FUNCTION name_is_free('tag_aliases');
CREATE TRIGGER name_is_free_update AFTER UPDATE OF name ON tags
  FOR EACH ROW WHEN (OLD.name <> NEW.name) EXECUTE FUNCTION name_is_free('tag_aliases');
CREATE TRIGGER name_is_free AFTER INSERT ON tag_aliases FOR EACH ROW EXECUTE FUNCTION name_is_free('tags');
CREATE TRIGGER name_is_free_insert AFTER INSERT ON categories
  FOR EACH ROW EXECUTE FUNCTION name_is_free('category_aliases');
CREATE TRIGGER name_is_free_update AFTER UPDATE OF name ON categories
  FOR EACH ROW WHEN (OLD.name <> NEW.name) EXECUTE FUNCTION name_is_free('category_aliases');
CREATE TRIGGER name_is_free AFTER INSERT ON category_aliases FOR EACH ROW EXECUTE FUNCTION name_is_free('categories');

-- 6. What was answered to a request that its caller may repeat

CREATE TABLE idempotency_keys (
  caller varchar(320) NOT NULL,
  key varchar(255) NOT NULL,
  at timestamptz DEFAULT now() NOT NULL,
  digest bytea NOT NULL,                   -- of the method, the path and the body
  status smallint NOT NULL,
  headers jsonb NOT NULL,
  body bytea NOT NULL,
  CONSTRAINT pk_idempotency_keys PRIMARY KEY (caller, key)
);
CREATE INDEX ix_idempotency_keys_at ON idempotency_keys (at);

-- 7. Every order of the list is an index with the id in it: a page begins where the one before ended

DROP INDEX ix_insights_published_at;
CREATE INDEX ix_insights_published_at ON insights (published_at DESC NULLS LAST, id DESC);
CREATE INDEX ix_insights_updated_at ON insights (updated_at DESC, id DESC);
DROP INDEX ix_insights_title;
CREATE INDEX ix_insights_title ON insights (title, id);

-- 8. What was there before history was kept begins as it is

INSERT INTO insight_revisions (insight_id, number, version, at, verb, actor_kind, actor_id, actor_name)
SELECT id, 1, version, created_at, 'create', 'system', NULL, author FROM insights;
