"""Insights that have to do with one: they share rare words, tags or the category with it."""

from functools import cache

from app.core.db import read_json
from app.errors import NotFound
from app.identity.audience import Audience, Sources
from app.search.queries.candidates import INDEXED_MEAN_LENGTH, K1, SATURATED, TITLE_WEIGHT, B
from app.search.queries.neighbours import NEIGHBOUR
from app.search.queries.tiers import counted_now, lexeme, marked, stems

# Of the stems with the greatest weight in the insight so many are looked at, and the rarest of these are shared.
MOST_STEMS, MOST_SHARED = 40, 12
# Of those that share one thing so many are compared, where there are more: those in which the word weighs most.
MOST_OF_ONE = 100
# A tag was given on purpose: it says more than a word that occurs; a category holds many things.
OF_TAG, OF_CATEGORY = 1.5, 0.75
FREQUENCY = f"(cardinality(positions) + {TITLE_WEIGHT - 1} * cardinality(array_positions(weights, 'A')))"
# Of a candidate it is not counted how often it has a stem.
ONCE = f"CASE WHEN d.stems @@ in_title THEN {TITLE_WEIGHT} ELSE 1 END"


def _rarity(documents: str) -> str:
    """BM25's weight of what is in so many of all documents."""
    return f"ln(1 + (known.n - least({documents}, known.n) + 0.5) / (least({documents}, known.n) + 0.5))"


def _impact(frequency: str, length: str) -> str:
    """BM25's saturation, of a collection with 100 words a document."""
    return f"{SATURATED} * {frequency} / ({frequency} + {K1} * ({1 - B} + {B} * {length} / {INDEXED_MEAN_LENGTH}))"


COUNTED = counted_now(f"({lexeme('weighty.stem')})::tsquery")
SHARED = f"""
source AS MATERIALIZED (
  SELECT i.id, i.category_id, d.stems, d.words, d.length
  FROM insights i JOIN search_documents d ON d.insight_id = i.id WHERE i.id = :id AND {{sees}}),
known AS MATERIALIZED (
  SELECT greatest(coalesce((SELECT documents FROM search_statistics), (SELECT sum(n) FROM insight_cells)), 1)::integer
         AS n),
stems_of_source AS MATERIALIZED (
  SELECT s.lexeme AS stem, {FREQUENCY} AS frequency, source.length,
         (SELECT documents FROM search_terms WHERE term = s.lexeme) AS documents
  FROM source, unnest(source.stems) s WHERE length(s.lexeme) > 1 AND s.lexeme ~ '[[:alpha:]]'),
weighty AS MATERIALIZED (
  SELECT stem, frequency, length, documents FROM stems_of_source, known
  ORDER BY {_impact("frequency", "length")} * {_rarity("coalesce(documents[1], 2)")} DESC, stem LIMIT {MOST_STEMS}),
rare AS MATERIALIZED (
  SELECT stem, ({lexeme("stem")})::tsquery AS anywhere, ({lexeme("stem")} || '\\:A')::tsquery AS in_title,
         ({lexeme(marked("stem", "documents", MOST_OF_ONE))})::tsquery AS token,
         {_rarity("w.n")} AS weight
  FROM known, (SELECT *, coalesce(documents[1], {COUNTED}) AS n FROM weighty) w
  WHERE w.n BETWEEN 2 AND greatest(known.n / 2, 2)
  ORDER BY {_impact("frequency", "length")} * {_rarity("w.n")} DESC, stem LIMIT {MOST_SHARED}),
tags_of_source AS MATERIALIZED (
  SELECT t.id, t.name, {_rarity("t.usage_count")} AS weight
  FROM known, source JOIN insight_tags link ON link.insight_id = source.id JOIN {{tags}} t ON t.id = link.tag_id),
category_of_source AS MATERIALIZED (
  SELECT c.id, {_rarity("coalesce((SELECT sum(n) FROM {cells} WHERE category_id = c.id), 0)")} AS weight
  FROM known, source JOIN categories c ON c.id = source.category_id)"""

CANDIDATES = f"""
candidates AS MATERIALIZED (
  SELECT id FROM (
    SELECT d.insight_id AS id FROM rare CROSS JOIN LATERAL (
      SELECT insight_id FROM search_documents WHERE search_tokens(stems, length) @@ rare.token
      LIMIT {MOST_OF_ONE}) d
    UNION SELECT link.insight_id FROM tags_of_source t CROSS JOIN LATERAL (
      SELECT insight_id FROM insight_tags WHERE tag_id = t.id LIMIT {MOST_OF_ONE}) link
    UNION SELECT i.id FROM category_of_source c CROSS JOIN LATERAL (
      SELECT id FROM insights WHERE category_id = c.id LIMIT {MOST_OF_ONE}) i) found
  WHERE id <> (SELECT id FROM source))"""

SCORED = f"""
scored AS MATERIALIZED (
  SELECT i.id, i.created_at, words.stems, tagged.tags, placed.weight IS NOT NULL AS same_category,
         coalesce(words.weight, 0) + {OF_TAG} * coalesce(tagged.weight, 0) + {OF_CATEGORY} * coalesce(placed.weight, 0)
         AS score
  FROM candidates JOIN insights i USING (id) JOIN search_documents d ON d.insight_id = i.id
  CROSS JOIN LATERAL (
    SELECT array_agg(stem ORDER BY weight DESC, stem) AS stems,
           sum(weight * {_impact(ONCE, "d.length")}) AS weight
    FROM rare WHERE d.stems @@ anywhere) words
  CROSS JOIN LATERAL (
    SELECT json_agg(json_build_object('id', t.id, 'name', t.name) ORDER BY t.weight DESC, t.name) AS tags,
           sum(t.weight) AS weight
    FROM tags_of_source t JOIN insight_tags link ON link.tag_id = t.id AND link.insight_id = i.id) tagged
  LEFT JOIN category_of_source placed ON placed.id = i.category_id
  WHERE {{sees}}
  ORDER BY score DESC, i.created_at DESC, i.id DESC LIMIT :limit)"""

# A stem is no word: what is shown is how the insight itself writes it, most often.
WRITTEN = f"""
written AS MATERIALIZED (
  SELECT DISTINCT ON (rare.stem) rare.stem, w.lexeme AS word
  FROM source CROSS JOIN LATERAL unnest(source.words) w
  JOIN rare ON left(rare.stem, 2) = left(w.lexeme, 2) AND rare.stem IN (SELECT {stems("w.lexeme")})
  ORDER BY rare.stem, cardinality(w.positions) DESC, w.lexeme)"""

RELATED = """
WITH {steps}
SELECT CASE WHEN EXISTS (SELECT FROM source) THEN json_build_object('insights', coalesce((
  SELECT json_agg(json_build_object({neighbour}, 'score', round(s.score::numeric, 2), 'shared', json_build_object(
      'words', coalesce((SELECT json_agg(coalesce(word, shared.stem) ORDER BY place)
                         FROM unnest(s.stems) WITH ORDINALITY shared(stem, place)
                         LEFT JOIN written USING (stem)), '[]'),
      'tags', coalesce(s.tags, '[]'),
      'category', CASE WHEN s.same_category THEN json_build_object('id', c.id, 'name', c.name) END))
    ORDER BY s.score DESC, s.created_at DESC, s.id DESC)
  FROM scored s JOIN insights i USING (id) LEFT JOIN categories c ON c.id = i.category_id), '[]')) END::text"""


@cache
def _statement(sources: Sources) -> str:
    steps = f"{SHARED},{CANDIDATES},{SCORED},{WRITTEN}"
    return RELATED.format(steps=steps.format(**sources._asdict()), neighbour=NEIGHBOUR)


def related_json(audience: Audience, insight_id: int, limit: int) -> bytes:
    """The closest ones (`RelatedList`); `NotFound` also for an insight that the audience doesn't see."""
    found = read_json(_statement(audience.sources), id=insight_id, limit=limit, **audience.parameters)
    if found is None:
        raise NotFound.of("Insight", insight_id)
    return found
