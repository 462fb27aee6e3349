-- Exact counts: writers append small changes, a fold adds them to the stored counts, readers see stored + pending.
-- No writer ever updates a row that other writers need. What is counted and why: docs/reference/counts.md.

-- 1. Stored counts, and changes that are not yet folded in

CREATE TABLE insight_counts (            -- a row for each combination that occurs
  category_id integer NOT NULL,          -- 0: without category
  status text NOT NULL,
  priority text NOT NULL,
  visibility text NOT NULL,
  n bigint NOT NULL,
  action_seconds numeric NOT NULL,       -- sum of published_at - created_at over the insights that have both
  CONSTRAINT pk_insight_counts PRIMARY KEY (category_id, status, priority, visibility)
) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000,
        autovacuum_vacuum_cost_delay = 0);
CREATE TABLE insight_count_delta (
  category_id integer NOT NULL,
  status text NOT NULL,
  priority text NOT NULL,
  visibility text NOT NULL,
  n bigint NOT NULL,
  action_seconds numeric NOT NULL
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000,
        autovacuum_vacuum_insert_threshold = -1, autovacuum_vacuum_cost_delay = 0);
CREATE TABLE tag_counts (
  tag_id integer NOT NULL,
  status text NOT NULL,
  visibility text NOT NULL,
  n bigint NOT NULL,
  CONSTRAINT pk_tag_counts PRIMARY KEY (tag_id, status, visibility),
  CONSTRAINT fk_tag_counts_tag_id FOREIGN KEY (tag_id) REFERENCES tags (id) ON DELETE CASCADE
) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000,
        autovacuum_vacuum_cost_delay = 0);
CREATE TABLE tag_count_delta (
  tag_id integer NOT NULL,
  status text NOT NULL,
  visibility text NOT NULL,
  n bigint NOT NULL
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000,
        autovacuum_vacuum_insert_threshold = -1, autovacuum_vacuum_cost_delay = 0);
ALTER TABLE insight_tags SET (fillfactor = 85);
ALTER TABLE tags SET (fillfactor = 50, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000,
                      autovacuum_vacuum_cost_delay = 0);

-- 2. What readers use: exact in every snapshot

CREATE VIEW insight_cells AS
  SELECT category_id, status, priority, visibility, n, action_seconds FROM insight_counts
  UNION ALL
  SELECT category_id, status, priority, visibility, n, action_seconds FROM insight_count_delta;
CREATE VIEW tag_cells AS
  SELECT tag_id, status, visibility, n FROM tag_counts
  UNION ALL
  SELECT tag_id, status, visibility, n FROM tag_count_delta;
CREATE VIEW tags_counted AS
  SELECT t.id, t.name, t.slug, t.description, t.color, t.created_at,
         (t.usage_count + coalesce(pending.n, 0))::integer AS usage_count, t.version
  FROM tags t
  LEFT JOIN (SELECT tag_id, sum(n) AS n FROM tag_count_delta GROUP BY tag_id) pending ON pending.tag_id = t.id;

-- 3. Insights, counted for each combination

-- Infinite moments are no time to action; they would spoil a sum for ever.
CREATE FUNCTION count_action_seconds(created_at timestamptz, published_at timestamptz) RETURNS numeric
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN isfinite(created_at) AND isfinite(published_at) THEN extract(epoch FROM published_at - created_at)
            ELSE 0 END;

CREATE FUNCTION count_new_insights() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO insight_count_delta
  SELECT coalesce(category_id, 0), status, priority, visibility,
         count(*), sum(count_action_seconds(created_at, published_at))
  FROM new_rows GROUP BY 1, 2, 3, 4;
  RETURN NULL;
END $$;
CREATE FUNCTION count_gone_insights() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO insight_count_delta
  SELECT coalesce(category_id, 0), status, priority, visibility,
         -count(*), -sum(count_action_seconds(created_at, published_at))
  FROM old_rows GROUP BY 1, 2, 3, 4;
  RETURN NULL;
END $$;
CREATE FUNCTION count_changed_insights() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE moved integer[];
BEGIN
  INSERT INTO insight_count_delta
  SELECT category, status, priority, visibility, sum(k), sum(k * seconds)
  FROM (SELECT coalesce(category_id, 0) AS category, status, priority, visibility,
               count_action_seconds(created_at, published_at) AS seconds, 1 AS k FROM new_rows
        UNION ALL
        SELECT coalesce(category_id, 0), status, priority, visibility,
               count_action_seconds(created_at, published_at), -1 FROM old_rows) change
  GROUP BY 1, 2, 3, 4 HAVING sum(k) <> 0 OR sum(k * seconds) <> 0;
  SELECT array_agg(id) INTO moved
  FROM (SELECT id, status, visibility FROM new_rows EXCEPT SELECT id, status, visibility FROM old_rows) change;
  IF moved IS NOT NULL THEN PERFORM count_relabel(moved); END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER counts_insert AFTER INSERT ON insights REFERENCING NEW TABLE AS new_rows
  FOR EACH STATEMENT EXECUTE FUNCTION count_new_insights();
CREATE TRIGGER counts_update AFTER UPDATE ON insights REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
  FOR EACH STATEMENT EXECUTE FUNCTION count_changed_insights();
CREATE TRIGGER counts_delete AFTER DELETE ON insights REFERENCING OLD TABLE AS old_rows
  FOR EACH STATEMENT EXECUTE FUNCTION count_gone_insights();

-- 4. Links. Each says itself under which status and visibility it is counted, so that a change of the counts follows
-- from the rows of the statement alone: looking the insight up instead goes wrong when one statement changes both.
-- Arrays instead of joins with the transition tables: their plans are cached for the session without row counts,
-- and a plan made for one row ruins a statement with 100,000.

-- count_changed_links books what this changes.
CREATE FUNCTION count_relabel(ids integer[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  UPDATE insight_tags link SET counted_status = i.status, counted_visibility = i.visibility
  FROM insights i
  WHERE i.id = link.insight_id AND link.insight_id = ANY (ids)
    AND (link.counted_status, link.counted_visibility) IS DISTINCT FROM (i.status, i.visibility);
END $$;
-- A real new version of each insight, unless this transaction already wrote one: nobody can then change or delete the
-- insight before we commit, and a REPEATABLE READ writer gets a serialisation failure instead of a wrong count.
CREATE FUNCTION count_hold_insights(ids integer[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  UPDATE insights SET visibility = visibility WHERE id = ANY (ids) AND xmin <> pg_current_xact_id()::xid;
END $$;

-- A first guess, so that the usual link needs no second row version; count_new_links corrects it under the lock.
CREATE FUNCTION count_label_link() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  SELECT status, visibility INTO NEW.counted_status, NEW.counted_visibility FROM insights WHERE id = NEW.insight_id;
  RETURN NEW;
END $$;
CREATE FUNCTION count_new_links() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE ids integer[] := (SELECT array_agg(DISTINCT insight_id) FROM new_rows);
BEGIN
  IF ids IS NULL THEN RETURN NULL; END IF;
  PERFORM count_hold_insights(ids);
  INSERT INTO tag_count_delta
  SELECT tag_id, counted_status, counted_visibility, count(*)
  FROM new_rows WHERE counted_status IS NOT NULL AND counted_visibility IS NOT NULL GROUP BY 1, 2, 3;
  PERFORM count_relabel(ids);
  RETURN NULL;
END $$;
CREATE FUNCTION count_changed_links() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE ids integer[] := (SELECT array_agg(DISTINCT insight_id) FROM new_rows);
BEGIN
  IF ids IS NULL THEN RETURN NULL; END IF;   -- statement triggers fire for no rows too: this ends the recursion
  INSERT INTO tag_count_delta
  SELECT tag_id, counted_status, counted_visibility, sum(k)
  FROM (SELECT tag_id, counted_status, counted_visibility, 1 AS k FROM new_rows
        UNION ALL
        SELECT tag_id, counted_status, counted_visibility, -1 FROM old_rows) change
  WHERE counted_status IS NOT NULL AND counted_visibility IS NOT NULL
  GROUP BY 1, 2, 3 HAVING sum(k) <> 0;
  IF EXISTS (SELECT insight_id FROM new_rows EXCEPT SELECT insight_id FROM old_rows) THEN
    PERFORM count_hold_insights(ids);        -- a link moved to another insight is like a new one
  END IF;
  PERFORM count_relabel(ids);
  RETURN NULL;
END $$;
CREATE FUNCTION count_gone_links() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO tag_count_delta
  SELECT gone.tag_id, gone.counted_status, gone.counted_visibility, -gone.k
  FROM (SELECT tag_id, counted_status, counted_visibility, count(*) AS k FROM old_rows
        WHERE counted_status IS NOT NULL AND counted_visibility IS NOT NULL GROUP BY 1, 2, 3) gone
  WHERE EXISTS (SELECT FROM tags WHERE id = gone.tag_id);   -- a deleted tag takes its counts along
  RETURN NULL;
END $$;
-- The stored counts of a deleted tag cascade; what is pending for it must not meet a later tag with the same id.
CREATE FUNCTION count_gone_tags() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE ids integer[] := (SELECT array_agg(id) FROM old_rows);
BEGIN
  INSERT INTO tag_count_delta
  SELECT tag_id, status, visibility, -sum(n) FROM tag_count_delta WHERE tag_id = ANY (ids)
  GROUP BY 1, 2, 3 HAVING sum(n) <> 0;
  RETURN NULL;
END $$;
CREATE TRIGGER counts_label BEFORE INSERT ON insight_tags FOR EACH ROW EXECUTE FUNCTION count_label_link();
CREATE TRIGGER counts_insert AFTER INSERT ON insight_tags REFERENCING NEW TABLE AS new_rows
  FOR EACH STATEMENT EXECUTE FUNCTION count_new_links();
CREATE TRIGGER counts_update AFTER UPDATE ON insight_tags REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
  FOR EACH STATEMENT EXECUTE FUNCTION count_changed_links();
CREATE TRIGGER counts_delete AFTER DELETE ON insight_tags REFERENCING OLD TABLE AS old_rows
  FOR EACH STATEMENT EXECUTE FUNCTION count_gone_links();
CREATE TRIGGER counts_delete AFTER DELETE ON tags REFERENCING OLD TABLE AS old_rows
  FOR EACH STATEMENT EXECUTE FUNCTION count_gone_tags();

-- 5. TRUNCATE appends the negative of what is shown. Truncating tags always takes insight_tags and tag_counts along.

CREATE FUNCTION count_truncated() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF current_setting('transaction_isolation') <> 'read committed' THEN
    RAISE EXCEPTION 'TRUNCATE of % needs READ COMMITTED', TG_TABLE_NAME USING ERRCODE = 'feature_not_supported';
  END IF;
  IF TG_TABLE_NAME = 'insights' THEN
    INSERT INTO insight_count_delta
    SELECT category_id, status, priority, visibility, -sum(n), -sum(action_seconds) FROM insight_cells
    GROUP BY 1, 2, 3, 4 HAVING sum(n) <> 0 OR sum(action_seconds) <> 0;
  ELSE
    INSERT INTO tag_count_delta
    SELECT tag_id, status, visibility, -sum(n) FROM tag_cells GROUP BY 1, 2, 3 HAVING sum(n) <> 0;
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER counts_truncate AFTER TRUNCATE ON insights FOR EACH STATEMENT EXECUTE FUNCTION count_truncated();
CREATE TRIGGER counts_truncate AFTER TRUNCATE ON insight_tags FOR EACH STATEMENT EXECUTE FUNCTION count_truncated();

-- 6. Nobody but the fold and the repair writes tags.usage_count

CREATE FUNCTION count_guard_usage() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'INSERT' THEN NEW.usage_count := 0; ELSE NEW.usage_count := OLD.usage_count; END IF;
  RETURN NEW;
END $$;

-- 7. The fold: one at a time, waits for nobody, may be skipped at any time. Returns the rows folded, or -1.
-- (set_config, because an ordinary role may not name a setting of its own in a function's SET clause.)

CREATE FUNCTION counts_fold() RETURNS bigint LANGUAGE plpgsql
SET lock_timeout = '500ms' AS $$
DECLARE insight_rows bigint; tag_rows bigint; held integer[];
BEGIN
  IF current_setting('transaction_isolation') <> 'read committed' OR NOT pg_try_advisory_xact_lock(7201, 1) THEN
    RETURN -1;
  END IF;
  LOCK TABLE tags IN ROW EXCLUSIVE MODE;   -- before any row lock: a TRUNCATE then waits for us, not we for it
  WITH gone AS (DELETE FROM insight_count_delta RETURNING *),
       change AS (SELECT category_id, status, priority, visibility, sum(n)::bigint AS n,
                         sum(action_seconds) AS action_seconds, count(*) AS k FROM gone GROUP BY 1, 2, 3, 4),
       stored AS (INSERT INTO insight_counts AS c
                  SELECT category_id, status, priority, visibility, n, action_seconds FROM change
                  WHERE n <> 0 OR action_seconds <> 0
                  ON CONFLICT (category_id, status, priority, visibility) DO UPDATE
                  SET n = c.n + excluded.n, action_seconds = c.action_seconds + excluded.action_seconds)
  SELECT coalesce(sum(k), 0) INTO insight_rows FROM change;
  IF insight_rows > 0 THEN DELETE FROM insight_counts WHERE n = 0 AND action_seconds = 0; END IF;

  PERFORM set_config('insights.folding', 'on', true);
  -- A tag that somebody renames or deletes just now is folded next time.
  SELECT array_agg(id) INTO held FROM (
    SELECT id FROM tags WHERE id IN (SELECT tag_id FROM tag_count_delta) ORDER BY id FOR NO KEY UPDATE SKIP LOCKED) t;
  WITH gone AS (DELETE FROM tag_count_delta WHERE tag_id = ANY (held) RETURNING *),
       change AS (SELECT tag_id, status, visibility, sum(n)::bigint AS n, count(*) AS k FROM gone GROUP BY 1, 2, 3),
       stored AS (INSERT INTO tag_counts AS c SELECT tag_id, status, visibility, n FROM change WHERE n <> 0
                  ON CONFLICT (tag_id, status, visibility) DO UPDATE SET n = c.n + excluded.n),
       total AS (SELECT tag_id, sum(n) AS n FROM change GROUP BY 1 HAVING sum(n) <> 0),
       written AS (UPDATE tags SET usage_count = usage_count + total.n FROM total WHERE tags.id = total.tag_id)
  SELECT coalesce(sum(k), 0) INTO tag_rows FROM change;
  PERFORM set_config('insights.folding', 'off', true);
  IF tag_rows > 0 THEN DELETE FROM tag_counts WHERE n = 0 AND tag_id = ANY (held); END IF;
  DELETE FROM tag_count_delta d WHERE NOT EXISTS (SELECT FROM tags WHERE id = d.tag_id);
  RETURN insight_rows + tag_rows;
EXCEPTION WHEN lock_not_available THEN RETURN -1;
END $$;

-- 8. Verify (no rows: exact; one snapshot, so valid while others write) and repair

CREATE VIEW counts_drift AS
  WITH insight_cell AS (
    SELECT category_id, status, priority, visibility,
           coalesce(a.n, 0) AS actual, coalesce(s.n, 0) AS shown,
           coalesce(a.seconds, 0) AS actual_seconds, coalesce(s.seconds, 0) AS shown_seconds
    FROM (SELECT coalesce(category_id, 0) AS category_id, status::text, priority::text, visibility::text, count(*) AS n,
                 sum(count_action_seconds(created_at, published_at)) AS seconds
          FROM insights GROUP BY 1, 2, 3, 4) a
    FULL JOIN (SELECT category_id, status, priority, visibility, sum(n) AS n, sum(action_seconds) AS seconds
               FROM insight_cells GROUP BY 1, 2, 3, 4) s USING (category_id, status, priority, visibility)),
  tag_cell AS (
    SELECT tag_id, status, visibility, coalesce(a.n, 0) AS actual, coalesce(s.n, 0) AS shown
    FROM (SELECT link.tag_id, i.status::text, i.visibility::text, count(*) AS n
          FROM insight_tags link JOIN insights i ON i.id = link.insight_id GROUP BY 1, 2, 3) a
    FULL JOIN (SELECT tag_id, status, visibility, sum(n) AS n FROM tag_cells GROUP BY 1, 2, 3) s
      USING (tag_id, status, visibility))
  SELECT 'insights' AS what, concat_ws('/', category_id, status, priority, visibility) AS key,
         actual::numeric AS actual, shown::numeric AS shown,
         category_id, status, priority, visibility, NULL::integer AS tag_id
  FROM insight_cell WHERE actual <> shown
  UNION ALL
  SELECT 'action_seconds', concat_ws('/', category_id, status, priority, visibility), actual_seconds, shown_seconds,
         category_id, status, priority, visibility, NULL
  FROM insight_cell WHERE actual_seconds <> shown_seconds
  UNION ALL
  SELECT 'tag_cell', concat_ws('/', coalesce(t.name, c.tag_id::text), c.status, c.visibility), c.actual, c.shown,
         NULL, c.status, NULL, c.visibility, c.tag_id
  FROM tag_cell c LEFT JOIN tags t ON t.id = c.tag_id WHERE c.actual <> c.shown
  UNION ALL
  SELECT 'tag', t.name, coalesce(a.n, 0), t.usage_count, NULL, NULL, NULL, NULL, t.id
  FROM tags_counted t LEFT JOIN (SELECT tag_id, count(*) AS n FROM insight_tags GROUP BY 1) a ON a.tag_id = t.id
  WHERE coalesce(a.n, 0) <> t.usage_count
  UNION ALL
  SELECT 'link', concat_ws('/', link.insight_id, link.tag_id), 1, 0, NULL, i.status, NULL, i.visibility, link.tag_id
  FROM insight_tags link JOIN insights i ON i.id = link.insight_id
  WHERE (link.counted_status, link.counted_visibility) IS DISTINCT FROM (i.status, i.visibility);

-- Appends the differences seen in one snapshot, so writers go on meanwhile; only the fold and other repairs wait.
CREATE FUNCTION counts_repair() RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE links bigint; totals bigint; cells bigint;
BEGIN
  IF current_setting('transaction_isolation') <> 'read committed' THEN
    RAISE EXCEPTION 'counts_repair needs READ COMMITTED' USING ERRCODE = 'feature_not_supported';
  END IF;
  PERFORM pg_advisory_xact_lock(7201, 1);  -- the next statement has a newer snapshot
  PERFORM FROM insights
  WHERE id IN (SELECT link.insight_id FROM insight_tags link JOIN insights i ON i.id = link.insight_id
               WHERE (link.counted_status, link.counted_visibility) IS DISTINCT FROM (i.status, i.visibility))
  ORDER BY id FOR NO KEY UPDATE;
  UPDATE insight_tags link SET counted_status = i.status, counted_visibility = i.visibility
  FROM insights i
  WHERE i.id = link.insight_id
    AND (link.counted_status, link.counted_visibility) IS DISTINCT FROM (i.status, i.visibility);
  GET DIAGNOSTICS links = ROW_COUNT;
  -- What is folded: a total is the sum of its cells. The fold alone changes both, and it is waiting.
  PERFORM set_config('insights.folding', 'on', true);
  UPDATE tags SET usage_count = folded.n
  FROM (SELECT t.id, coalesce(sum(c.n), 0) AS n FROM tags t LEFT JOIN tag_counts c ON c.tag_id = t.id GROUP BY 1) folded
  WHERE folded.id = tags.id AND tags.usage_count <> folded.n;
  GET DIAGNOSTICS totals = ROW_COUNT;
  PERFORM set_config('insights.folding', 'off', true);
  WITH drift AS MATERIALIZED (SELECT * FROM counts_drift WHERE what IN ('insights', 'action_seconds', 'tag_cell')),
       insight_change AS (INSERT INTO insight_count_delta
                          SELECT category_id, status, priority, visibility,
                                 CASE WHEN what = 'insights' THEN actual - shown ELSE 0 END,
                                 CASE WHEN what = 'action_seconds' THEN actual - shown ELSE 0 END
                          FROM drift WHERE what <> 'tag_cell'),
       tag_change AS (INSERT INTO tag_count_delta
                      SELECT tag_id, status, visibility, actual - shown FROM drift WHERE what = 'tag_cell')
  SELECT count(*) INTO cells FROM drift;
  RETURN links + totals + cells;
END $$;

-- 9. The category tree has no cycles, also when several people move categories at once

CREATE FUNCTION category_no_cycle() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  ancestor integer;
  fresh boolean := current_setting('transaction_isolation') = 'read committed';
  steps integer := 0;
BEGIN
  -- Moves one at a time. A new category has no children but those of its own statement, so it needs no lock.
  IF TG_OP = 'UPDATE' THEN PERFORM pg_advisory_xact_lock(7201, 3); END IF;
  SELECT parent_id INTO ancestor FROM categories WHERE id = NEW.id;   -- the final value in this statement
  WHILE ancestor IS NOT NULL LOOP
    steps := steps + 1;
    IF ancestor = NEW.id OR steps > 10000 THEN
      RAISE EXCEPTION 'category % cannot be placed under its own descendant', NEW.id
        USING ERRCODE = 'check_violation', CONSTRAINT = 'categories_no_cycle', TABLE = 'categories';
    END IF;
    IF fresh THEN SELECT parent_id INTO ancestor FROM categories WHERE id = ancestor;
    ELSE          -- an old snapshot: a serialisation failure if an ancestor was moved since
                  SELECT parent_id INTO ancestor FROM categories WHERE id = ancestor FOR SHARE;
    END IF;
  END LOOP;
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER categories_no_cycle_insert AFTER INSERT ON categories DEFERRABLE INITIALLY IMMEDIATE
  FOR EACH ROW WHEN (NEW.parent_id IS NOT NULL) EXECUTE FUNCTION category_no_cycle();
CREATE CONSTRAINT TRIGGER categories_no_cycle AFTER UPDATE OF parent_id ON categories DEFERRABLE INITIALLY IMMEDIATE
  FOR EACH ROW WHEN (NEW.parent_id IS NOT NULL AND NEW.parent_id IS DISTINCT FROM OLD.parent_id)
  EXECUTE FUNCTION category_no_cycle();

-- 10. First fill, for a database that already holds insights; the guard comes last so that it does not stop it

LOCK TABLE insights, insight_tags, tags IN SHARE ROW EXCLUSIVE MODE;
UPDATE tags SET usage_count = 0 WHERE usage_count <> 0;
SELECT counts_repair();
SELECT counts_fold();
CREATE TRIGGER counts_guard_insert BEFORE INSERT ON tags
  FOR EACH ROW WHEN (NEW.usage_count <> 0) EXECUTE FUNCTION count_guard_usage();
CREATE TRIGGER counts_guard_update BEFORE UPDATE ON tags
  FOR EACH ROW WHEN (NEW.usage_count <> OLD.usage_count
                     AND coalesce(current_setting('insights.folding', true), '') <> 'on')
  EXECUTE FUNCTION count_guard_usage();
