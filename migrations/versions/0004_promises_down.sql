DROP INDEX ix_insights_published_at, ix_insights_updated_at, ix_insights_title;
CREATE INDEX ix_insights_published_at ON insights (published_at) WHERE published_at IS NOT NULL;
CREATE INDEX ix_insights_title ON insights (title);

DROP TABLE idempotency_keys;
DROP TRIGGER name_is_free_insert ON tags;
DROP TRIGGER name_is_free_update ON tags;
DROP TRIGGER name_is_free_insert ON categories;
DROP TRIGGER name_is_free_update ON categories;
DROP TABLE tag_aliases, category_aliases, receipts;
DROP FUNCTION name_is_free;

CREATE OR REPLACE FUNCTION first_publication() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'UPDATE' THEN NEW.published_at := coalesce(NEW.published_at, OLD.published_at); END IF;
  IF NEW.status = 'published' AND NEW.published_at IS NULL THEN NEW.published_at := now(); END IF;
  RETURN NEW;
END $$;

CREATE OR REPLACE FUNCTION count_relabel(ids integer[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  UPDATE insight_tags link SET counted_status = i.status, counted_visibility = i.visibility
  FROM insights i
  WHERE i.id = link.insight_id AND link.insight_id = ANY (ids)
    AND (link.counted_status, link.counted_visibility) IS DISTINCT FROM (i.status, i.visibility);
END $$;
ALTER FUNCTION count_hold_insights RESET enable_seqscan;
DROP TRIGGER revisions_insert ON insights;
DROP TRIGGER revisions_update ON insights;
DROP TRIGGER revisions_delete ON insights;
DROP TRIGGER revisions_truncate ON insights;
DROP TRIGGER revisions_insert ON insight_tags;
DROP TRIGGER revisions_update ON insight_tags;
DROP TRIGGER revisions_delete ON insight_tags;
DROP TRIGGER revisions_truncate ON insight_tags;
DROP TABLE insight_trash, insight_revisions;
DROP FUNCTION revise_truncated, revise_purged_insights, revise_gone_insights, revise_changed_links, revise_gone_links,
  revise_truncated_links, revise_new_links, revise_links, revise_changed_insight, add_revision, revise_new_insights,
  text_was, text_delta, text_pieces, same_start, current_act, current_xact;
