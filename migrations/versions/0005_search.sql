-- Most texts are plain ASCII: those fold to lower case, which costs a tenth.
CREATE OR REPLACE FUNCTION folded(value text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN lower(CASE WHEN octet_length(value) = length(value) THEN value
                  WHEN value IS NFKC NORMALIZED THEN public.unaccent('public.unaccent'::regdictionary, value)
                  ELSE public.unaccent('public.unaccent'::regdictionary, normalize(value, NFKC)) END);

-- 1. Documents: what search looks at of each insight, in a narrow row of its own. The vectors stay in line there: reading
-- them out of a TOAST table costs more than ranking with them.

DROP TRIGGER a_search_vector_insert ON insights;
DROP TRIGGER a_search_vector_update ON insights;
DROP FUNCTION keep_search_vector;
ALTER TABLE insights DROP COLUMN search_vector;
DROP FUNCTION search_vector;

CREATE TABLE search_documents (
  insight_id integer NOT NULL,
  length integer NOT NULL,                 -- how many words, as white space parts them
  stems tsvector NOT NULL,                 -- English stems without stop words: title A, description B, content D
  words tsvector NOT NULL,                 -- every word as it is written, folded; the same weights
  CONSTRAINT pk_search_documents PRIMARY KEY (insight_id),
  CONSTRAINT fk_search_documents_insight_id FOREIGN KEY (insight_id) REFERENCES insights (id) ON DELETE CASCADE
) WITH (toast_tuple_target = 8160);
ALTER TABLE search_documents ALTER COLUMN stems SET STORAGE MAIN;

-- A tsvector holds 1 MB at most and a hyphenated word counts twice, so very long texts are searched by their beginning.
CREATE FUNCTION search_document(title text, description text, content text, OUT length integer, OUT stems tsvector,
                                OUT words tsvector) LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
BEGIN
  title := folded_start(title, 1000);
  description := folded_start(description, 10000);
  content := folded_start(content, 100000);
  stems := setweight(to_tsvector('pg_catalog.english', title), 'A')
        || setweight(to_tsvector('pg_catalog.english', description), 'B')
        || setweight(to_tsvector('pg_catalog.english', content), 'D');
  words := setweight(to_tsvector('pg_catalog.simple', title), 'A')
        || setweight(to_tsvector('pg_catalog.simple', description), 'B')
        || setweight(to_tsvector('pg_catalog.simple', content), 'D');
  title := title || ' ' || description || ' ' || content;
  length := length(title) - length(translate(title, E' \n', '')) + 1;
END $$;

-- What the index holds of a document: each stem, and for each impact that it reaches there the stem with that tier's
-- mark, nested. "The best documents for a common word" is then one lookup. The impact is BM25's (k1 1.2, b 0.75, a word
-- in the title counts three times), of a collection whose documents have 100 words in the mean.
CREATE FUNCTION search_tokens(stems tsvector, length integer) RETURNS tsvector LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN pg_catalog.array_to_tsvector(tsvector_to_array(stems) || ARRAY(
  SELECT lexeme || mark
  FROM (SELECT lexeme, cardinality(positions) + CASE WHEN weights[1] = 'A'   -- the title comes first
                       THEN 2 * cardinality(array_positions(weights, 'A')) ELSE 0 END AS frequency
        FROM unnest(stems) OFFSET 0) counted,
  LATERAL unnest((ARRAY[E'\x01', E'\x02', E'\x03', E'\x04', E'\x05', E'\x06', E'\x07'])[1:width_bucket(
    2.2 * frequency / (frequency + 1.2 * (0.25 + 0.75 * length / 100.0)),
    ARRAY[1.2, 1.5, 1.65, 1.75, 1.85, 1.92, 1.97]::float8[])]) AS tier(mark)
  WHERE frequency >= 1.2 * 1.2 * (0.25 + 0.75 * length / 100.0)));           -- what reaches the first tier

-- 2. Words: those of all documents, as written, for endings, parts and mistyped ones. May hold a word twice (two writers
-- who use a new one at once don't wait for each other) and one that is no longer used; upkeep takes both away.

CREATE TABLE search_words (word text NOT NULL);

CREATE FUNCTION search_note_words(vectors tsvector[]) RETURNS void LANGUAGE plpgsql SET enable_seqscan = off AS $$
DECLARE used text[] := ARRAY(SELECT DISTINCT unnest(tsvector_to_array(vector)) FROM unnest(vectors) vector);
BEGIN
  INSERT INTO search_words (word)
  SELECT word FROM (SELECT unnest(used) AS word EXCEPT SELECT word FROM search_words WHERE word = ANY (used)) fresh
  WHERE length(word) BETWEEN 3 AND 40 AND word ~ '[[:alpha:]]';
END $$;

CREATE FUNCTION search_new_insights() RETURNS trigger LANGUAGE plpgsql SET enable_seqscan = off AS $$
DECLARE ids integer[] := ARRAY(SELECT id FROM new_rows);
BEGIN
  INSERT INTO search_documents (insight_id, length, stems, words)
  SELECT n.id, d.length, d.stems, d.words
  FROM new_rows n CROSS JOIN LATERAL search_document(n.title, n.description, n.content) d;
  FOR part IN 0 .. (cardinality(ids) - 1) / 1000 LOOP   -- one COPY may bring a million
    PERFORM search_note_words(ARRAY(
      SELECT words FROM search_documents WHERE insight_id = ANY (ids[part * 1000 + 1 : part * 1000 + 1000])));
  END LOOP;
  RETURN NULL;
END $$;
CREATE FUNCTION search_changed_insight() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE document record;
BEGIN
  document := search_document(NEW.title, NEW.description, NEW.content);
  UPDATE search_documents SET length = document.length, stems = document.stems, words = document.words
  WHERE insight_id = NEW.id;
  PERFORM search_note_words(ARRAY[document.words]);
  RETURN NULL;
END $$;

INSERT INTO search_documents (insight_id, length, stems, words)
SELECT i.id, d.length, d.stems, d.words
FROM insights i CROSS JOIN LATERAL search_document(i.title, i.description, i.content) d;
INSERT INTO search_words (word)
SELECT word FROM ts_stat('SELECT words FROM search_documents') WHERE length(word) BETWEEN 3 AND 40 AND word ~ '[[:alpha:]]';

-- A long pending list would make whoever fills it wait, and every search read it.
CREATE INDEX ix_search_documents_tokens ON search_documents USING gin (search_tokens(stems, length))
  WITH (gin_pending_list_limit = 1024);
CREATE INDEX ix_search_words_word ON search_words (word text_pattern_ops);
CREATE INDEX ix_search_words_part ON search_words USING gin (word gin_trgm_ops);

CREATE TRIGGER search_insert AFTER INSERT ON insights REFERENCING NEW TABLE AS new_rows
  FOR EACH STATEMENT EXECUTE FUNCTION search_new_insights();
CREATE TRIGGER search_update AFTER UPDATE OF title, description, content ON insights FOR EACH ROW
  WHEN ((OLD.title, OLD.description, OLD.content) IS DISTINCT FROM (NEW.title, NEW.description, NEW.content))
  EXECUTE FUNCTION search_changed_insight();

-- 3. Statistics: what upkeep counted last. Slightly old ones rank as well.

CREATE TABLE search_terms (
  term text NOT NULL,                      -- a stem
  documents integer[] NOT NULL,            -- how many have it, and how many of them at each tier or above
  CONSTRAINT pk_search_terms PRIMARY KEY (term)
);
CREATE TABLE search_statistics (
  single boolean DEFAULT true NOT NULL,    -- one row
  documents integer NOT NULL,
  average_length double precision NOT NULL,
  changes bigint NOT NULL,                 -- what the database had counted of changes of the documents by then
  refreshed_at timestamptz DEFAULT now() NOT NULL,
  CONSTRAINT pk_search_statistics PRIMARY KEY (single),
  CONSTRAINT ck_search_statistics_single CHECK (single)
);

-- What filters look for. Where a search begins with all insights of a category or a tag, their ids come out of the index.
CREATE INDEX ix_insights_source ON insights (folded(source));
DROP INDEX ix_insights_category_id;
CREATE INDEX ix_insights_category_id ON insights (category_id) INCLUDE (id);
DROP INDEX idx_insight_tags_tag_id;
CREATE INDEX idx_insight_tags_tag_id ON insight_tags (tag_id) INCLUDE (insight_id);

-- 4. Saved searches

CREATE TABLE saved_searches (
  id serial NOT NULL,
  owner_id integer,                        -- none: of whoever sits at an installation without sign-in
  name varchar(100) NOT NULL,
  query text NOT NULL,
  shared boolean DEFAULT false NOT NULL,   -- whether others find it in their list, too
  feed_key_hash bytea,                     -- of the secret in the feed's address
  version integer DEFAULT 1 NOT NULL,
  created_at timestamptz DEFAULT now() NOT NULL,
  updated_at timestamptz DEFAULT now() NOT NULL,
  CONSTRAINT pk_saved_searches PRIMARY KEY (id),
  CONSTRAINT fk_saved_searches_owner_id FOREIGN KEY (owner_id) REFERENCES users (id) ON DELETE CASCADE,
  CONSTRAINT ck_saved_searches_name_not_blank CHECK (btrim(name) <> '')
);
CREATE UNIQUE INDEX uq_saved_searches_name ON saved_searches (coalesce(owner_id, 0), folded(name));
CREATE TRIGGER b_touch BEFORE UPDATE ON saved_searches
  FOR EACH ROW WHEN (OLD.* IS DISTINCT FROM NEW.*) EXECUTE FUNCTION touch();
CREATE TRIGGER c_raise_version BEFORE UPDATE ON saved_searches
  FOR EACH ROW WHEN (OLD.* IS DISTINCT FROM NEW.*) EXECUTE FUNCTION raise_version();

-- 5. The search log: what was looked for and what came of it, kept for 90 days. Nobody's name, only a hash that is salted
-- anew each day.

CREATE TABLE search_log (
  id bigint GENERATED ALWAYS AS IDENTITY,
  at timestamptz DEFAULT now() NOT NULL,
  query text NOT NULL,                     -- folded
  results integer NOT NULL,                -- how many were found, the estimate when there are many
  matched varchar(10),                     -- as in the answer
  opened integer[] DEFAULT '{}' NOT NULL,  -- the ids of insights that were opened from the answer
  searcher bytea NOT NULL,
  CONSTRAINT pk_search_log PRIMARY KEY (id)
);
CREATE INDEX ix_search_log_at ON search_log (at);
CREATE INDEX ix_search_log_searcher ON search_log (searcher, at DESC);
