"""Titles that hold the beginnings of some words, as SQL: never a scan of all.

The words stand for their stems, the last one for those of the known words that begin so. The index is asked for the
documents in which the rarest of them weighs most; what it lists is looked at closely. One or two letters begin too many
words, as a very common word is in too many titles: where nothing else is typed, the newest insights are looked at.
"""

from app.search.queries.completing import MOST_TITLE_WORDS
from app.search.queries.folding import FOLDED
from app.search.queries.tiers import lexeme, marked, stems

SHORT = 2
MOST_ENDINGS, MOST_STEMS = 1000, 12
# Documents that the index lists of the rarest word, for each word that is typed, those that are read, and the newest
# insights.
MOST_LISTED, MOST_READ, NEWEST = 600, 200, 300

# A beginning of known words is no word itself: that would be the rarest of all.
WORDS = rf"""
title_words AS MATERIALIZED (
  SELECT word, place, place = count(*) OVER () AS last, length(word) <= {SHORT} AS short,
         '\m' || regexp_replace(word, '([^[:alnum:]])', '\\\1', 'g') AS beginning
  FROM (SELECT * FROM string_to_table(:words, ' ') WITH ORDINALITY LIMIT {MOST_TITLE_WORDS}) given(text, place),
       LATERAL (SELECT folded(text) AS word) f),
endings AS MATERIALIZED (
  SELECT place, last, w.word
  FROM title_words t JOIN search_words w ON w.word ~>=~ t.word AND w.word ~<~ (t.word || chr(1114111))
  WHERE t.last AND NOT t.short LIMIT {MOST_ENDINGS}),
title_stems AS (
  SELECT place, last, {stems("word")} AS stem FROM endings
  UNION SELECT place, last, {stems("word")} FROM title_words t
  WHERE NOT last OR NOT short AND (NOT EXISTS (SELECT FROM endings)
                                   OR EXISTS (SELECT FROM search_words w WHERE w.word = t.word)))"""

# What even where it weighs most is in too many documents is not listed.
LISTED = f"""
known_stems AS MATERIALIZED (
  SELECT place, last, stem, (SELECT documents FROM search_terms WHERE term = stem) AS documents FROM title_stems),
frequent_stems AS (
  SELECT *, count(*) OVER (PARTITION BY place) AS stems,
         coalesce(sum(documents[1]) OVER (PARTITION BY place), 0) AS total
  FROM (SELECT *, row_number() OVER (PARTITION BY place ORDER BY documents[1] DESC NULLS FIRST) FROM known_stems) known
  WHERE row_number <= {MOST_STEMS}),
rarest AS MATERIALIZED (SELECT place FROM frequent_stems ORDER BY total, place LIMIT 1),
listed AS (
  SELECT place, stem, stem AS token FROM frequent_stems WHERE NOT last AND place <> (SELECT place FROM rarest)
  UNION ALL
  SELECT place, stem, {marked("stem", "documents", f"{MOST_LISTED} * words / stems")}
  FROM frequent_stems CROSS JOIN (SELECT count(*) AS words FROM title_words) counted
  WHERE place = (SELECT place FROM rarest)
    AND (SELECT coalesce(min(n), 0) FROM unnest(documents) n WHERE n > 0) <= {MOST_LISTED} * words / least(stems, 4)),
asked AS MATERIALIZED (
  SELECT string_agg('(' || tokens || ')', ' & ')::tsquery AS tokens,
         string_agg('(' || in_title || ')', ' & ')::tsquery AS in_title,
         (SELECT string_agg({lexeme("word")} || '\\:*A', ' & ')::tsquery FROM title_words) AS begun
  FROM (SELECT string_agg({lexeme("token")}, ' | ') AS tokens,
               string_agg({lexeme("stem")} || '\\:A', ' | ') AS in_title
        FROM listed GROUP BY place) words
  WHERE EXISTS (SELECT FROM listed WHERE place = (SELECT place FROM rarest)))"""

READ = f"""
title_ids AS MATERIALIZED (
  (SELECT d.insight_id FROM search_documents d
   WHERE search_tokens(d.stems, d.length) @@ (SELECT tokens FROM asked) AND d.stems @@ (SELECT in_title FROM asked)
     AND d.words @@ (SELECT begun FROM asked)
     AND (SELECT {{sees}} FROM insights i WHERE i.id = d.insight_id) LIMIT {MOST_READ})
  UNION ALL
  (SELECT i.id FROM insights i WHERE (SELECT tokens IS NULL FROM asked) AND {{sees}}
   ORDER BY i.created_at DESC, i.id DESC LIMIT {NEWEST})),
title_suggestions AS (
  SELECT 'title', i.title, i.id, NULL, NULL::bigint, 1,
         row_number() OVER (ORDER BY starts_with(f.title, folded(:text)) DESC, i.status = 'published' DESC,
                                     i.created_at DESC, i.id DESC) AS place
  FROM title_ids t JOIN insights i ON i.id = t.insight_id
  CROSS JOIN LATERAL (SELECT {FOLDED.format(value="i.title")} AS title OFFSET 0) f
  WHERE f.title ~ ALL (ARRAY(SELECT beginning FROM title_words)) ORDER BY place LIMIT :limit)"""

TITLES = f"{WORDS},{LISTED},{READ}"
