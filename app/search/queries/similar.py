"""Insights that may say the same as one that somebody is about to write."""

from functools import cache

from app.core.db import read_json
from app.identity.audience import Audience, Sources
from app.search.queries.neighbours import NEIGHBOUR
from app.search.queries.tiers import lexeme, marked, stems

LEAST_SIMILARITY = 0.4
# The rarest stems of each text are looked for: alone and, those of the title, in twos and all together. The rarest of
# these is asked for where it weighs most, in so many documents; one that weighs most in many more is left out.
MOST_STEMS = 6
MOST_OF_ONE, MOST_OF_TWO, MOST_OF_ALL = 150, 400, 5_000
MOST_READ = 200
DESCRIPTION_LENGTH = 10_000


def _shared(drafted: str, stored: str) -> str:
    """How much of two arrays of stems is the same, from 0 to 1 (Dice's coefficient)."""
    both = f"(SELECT count(*) FROM unnest({drafted}) stem WHERE stem = ANY ({stored}))"
    return f"coalesce(2.0 * {both} / nullif(cardinality({drafted}) + cardinality({stored}), 0), 0)"


DRAFT = f"""
draft AS MATERIALIZED (
  SELECT given.title, ARRAY(SELECT {stems("given.title")}) AS title_stems,
         ARRAY(SELECT {stems("given.description")}) AS description_stems
  FROM (SELECT folded(btrim(:title)) AS title, folded_start(:description, {DESCRIPTION_LENGTH}) AS description) given),
draft_stems AS MATERIALIZED (
  SELECT *, row_number() OVER (PARTITION BY weight ORDER BY documents[1] NULLS FIRST, stem) AS place,
         (SELECT coalesce(min(n), 0) FROM unnest(documents) n WHERE n > 0) AS fewest
  FROM (SELECT stem, weight, (SELECT documents FROM search_terms WHERE term = stem) AS documents
        FROM draft, LATERAL (SELECT unnest(title_stems) AS stem, 'A' AS weight
                             UNION ALL SELECT unnest(description_stems), 'B') every) counted),
asked AS MATERIALIZED (
  SELECT ({lexeme(marked("stem", "documents", MOST_OF_ONE))})::tsquery AS tokens,
         ({lexeme("stem")} || '\\:' || weight)::tsquery AS placed
  FROM draft_stems WHERE place <= {MOST_STEMS} AND fewest <= {10 * MOST_OF_ONE}
  UNION ALL
  SELECT ({lexeme(marked("a.stem", "a.documents", MOST_OF_TWO))} || ' & ' || {lexeme("b.stem")})::tsquery,
         ({lexeme("a.stem")} || '\\:A & ' || {lexeme("b.stem")} || '\\:A')::tsquery
  FROM draft_stems a JOIN draft_stems b ON a.place < b.place
  WHERE a.weight = 'A' AND b.weight = 'A' AND b.place <= {MOST_STEMS} AND a.fewest <= {10 * MOST_OF_TWO}
  UNION ALL
  SELECT string_agg({lexeme(f"CASE place WHEN 1 THEN {marked('stem', 'documents', MOST_OF_ALL)} ELSE stem END")},
                    ' & ')::tsquery,
         string_agg({lexeme("stem")} || '\\:A', ' & ')::tsquery
  FROM draft_stems WHERE weight = 'A' HAVING count(*) > 0)"""

# Exactly the same title is found whatever its words are.
CANDIDATES = f"""
candidates AS MATERIALIZED (
  SELECT d.insight_id AS id FROM asked CROSS JOIN LATERAL (
    SELECT insight_id FROM search_documents
    WHERE search_tokens(stems, length) @@ asked.tokens AND stems @@ asked.placed LIMIT {MOST_READ}) d
  UNION SELECT id FROM insights WHERE title = btrim(:title))"""

COMPARED = f"""
stored AS MATERIALIZED (
  SELECT i.id, i.created_at, folded(i.title) AS title,
         tsvector_to_array(ts_filter(d.stems, '{{{{a}}}}')) AS title_stems,
         tsvector_to_array(ts_filter(d.stems, '{{{{b}}}}')) AS description_stems
  FROM candidates JOIN insights i USING (id) JOIN search_documents d ON d.insight_id = i.id WHERE {{sees}}),
compared AS (
  SELECT s.id, s.created_at, alike.title,
         CASE WHEN cardinality(draft.description_stems) > 0 THEN (alike.title + alike.description) / 2 END
         AS of_both
  FROM draft, stored s CROSS JOIN LATERAL (
    SELECT CASE WHEN s.title = draft.title THEN 1 WHEN cardinality(draft.title_stems) = 0 THEN letters
                ELSE (letters + {_shared("draft.title_stems", "s.title_stems")}) / 2 END AS title,
           {_shared("draft.description_stems", "s.description_stems")} AS description
    FROM (SELECT similarity(s.title, draft.title)::float8 AS letters) l) alike),
closest AS MATERIALIZED (
  SELECT id, created_at, round(greatest(title, of_both)::numeric, 2) AS similarity FROM compared
  WHERE greatest(title, of_both) >= {LEAST_SIMILARITY}
  ORDER BY greatest(title, of_both) DESC, created_at DESC, id DESC LIMIT :limit)"""

SIMILAR = """
WITH {steps}
SELECT json_build_object('insights', coalesce(
    json_agg(json_build_object({neighbour}, 'similarity', s.similarity)
             ORDER BY s.similarity DESC, s.created_at DESC, s.id DESC), '[]'))::text
FROM closest s JOIN insights i USING (id) LEFT JOIN categories c ON c.id = i.category_id"""


@cache
def _statement(sources: Sources) -> str:
    steps = f"{DRAFT},{CANDIDATES},{COMPARED}".format(**sources._asdict())
    return SIMILAR.format(steps=steps, neighbour=NEIGHBOUR)


def similar_json(audience: Audience, title: str, description: str, limit: int) -> bytes:
    """The most alike ones (`SimilarList`), 0.4 and more; none for two blank texts.

    Half of a title's similarity is that of its letters (trigrams), half that of its stems. A description of the draft
    can only raise it: to the mean of both texts.
    """
    statement = _statement(audience.sources)
    parameters = {"title": title, "description": description, "limit": limit, **audience.parameters}
    return read_json(statement, **parameters) or b"{}"
