DROP TABLE search_log, saved_searches, search_statistics, search_terms;
DROP INDEX idx_insight_tags_tag_id;
CREATE INDEX idx_insight_tags_tag_id ON insight_tags (tag_id);
DROP INDEX ix_insights_category_id;
CREATE INDEX ix_insights_category_id ON insights (category_id);
DROP INDEX ix_insights_source;
DROP TRIGGER search_update ON insights;
DROP TRIGGER search_insert ON insights;
DROP FUNCTION search_changed_insight, search_new_insights, search_note_words;
DROP TABLE search_words, search_documents;
DROP FUNCTION search_tokens, search_document;

CREATE OR REPLACE FUNCTION folded(value text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN lower(public.unaccent('public.unaccent'::regdictionary,
                             CASE WHEN value IS NFKC NORMALIZED THEN value ELSE normalize(value, NFKC) END));
CREATE FUNCTION search_vector(title text, description text, content text) RETURNS tsvector
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN setweight(to_tsvector('pg_catalog.english', folded_start(title, 1000)), 'A')
    || setweight(to_tsvector('pg_catalog.english', folded_start(description, 10000)), 'B')
    || setweight(to_tsvector('pg_catalog.english', folded_start(content, 100000)), 'D');
ALTER TABLE insights ADD COLUMN search_vector tsvector;
-- Not by the triggers that tell a change: nothing of what people wrote changes.
ALTER TABLE insights DISABLE TRIGGER USER;
UPDATE insights SET search_vector = search_vector(title, description, content);
ALTER TABLE insights ENABLE TRIGGER USER;
CREATE INDEX ix_insights_search ON insights USING gin (search_vector);
CREATE FUNCTION keep_search_vector() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.search_vector := search_vector(NEW.title, NEW.description, NEW.content);
  RETURN NEW;
END $$;
CREATE TRIGGER a_search_vector_insert BEFORE INSERT ON insights FOR EACH ROW EXECUTE FUNCTION keep_search_vector();
CREATE TRIGGER a_search_vector_update BEFORE UPDATE ON insights FOR EACH ROW
  WHEN ((OLD.title, OLD.description, OLD.content, OLD.search_vector)
        IS DISTINCT FROM (NEW.title, NEW.description, NEW.content, NEW.search_vector))
  EXECUTE FUNCTION keep_search_vector();
