"""What a search box offers while somebody types: names and titles that begin like the text, of what they see."""

from functools import cache
from typing import Any

from app.core.db import read_rows
from app.identity.audience import Audience, Sources
from app.search.queries.completing import MOST_RUNS, Typed
from app.search.queries.folding import FOLDED
from app.search.queries.titles import TITLES

# Inside a word only so many characters make sense.
INSIDE = 3
# Authors have no counts; an insight of each is looked for among so many, until there are enough authors that have one.
MOST_COUNTED, MOST_TRIED, MOST_NAMES = 100, 1000, 200

# A function's rows, limited, are as many to the planner whatever is bound: so it plans the statement once.
TYPED = rf"""
typed AS MATERIALIZED (
  SELECT place AS run, run AS start, '\m' || regexp_replace(run, '([^[:alnum:]])', '\\\1', 'g') AS beginning
  FROM (SELECT * FROM string_to_table(:runs, E'\n') WITH ORDINALITY LIMIT {MOST_RUNS}) given(text, place),
       LATERAL (SELECT folded(text) AS run) f)"""

# How well each of some names (id, name, slug, folded) fits: by the longest run that does, and 0 when it begins so, 1
# when a word of it does, 2 when it holds the run inside a word.
FITTING = f"""
SELECT DISTINCT ON (n.name, n.id) n.id, n.name, n.slug, n.folded, t.run,
       CASE WHEN starts_with(n.folded, t.start) THEN 0 WHEN n.folded ~ t.beginning THEN 1 ELSE 2 END AS grade
FROM ({{names}} OFFSET 0) n JOIN typed t
  ON strpos(n.folded, t.start) > 0
     AND (length(t.start) >= {INSIDE} OR n.folded ~ t.beginning OR starts_with(n.folded, t.start))
ORDER BY n.name, n.id, t.run, grade"""

TAGS = """
tags_fitting AS MATERIALIZED ({fitting}),
tags_counted_here AS (
  SELECT f.*, t.usage_count AS n
  FROM (SELECT f.* FROM tags_fitting f JOIN tags stored USING (id)
        ORDER BY run, grade, stored.usage_count DESC, folded LIMIT 3 * CAST(:limit AS integer)) f
  JOIN {tags} t USING (id)),
tag_suggestions AS (
  SELECT 'tag' AS kind, name, id, slug, n, run, row_number() OVER (ORDER BY run, grade, n DESC, folded) AS place
  FROM tags_counted_here WHERE n > 0 ORDER BY place LIMIT :limit)"""
TAG_NAMES = f"SELECT id, name, slug, {FOLDED.format(value='name')} AS folded FROM tags"

# With all that lies below: that is what the language's `category:` finds.
CATEGORIES = """
categories_fitting AS MATERIALIZED (
  SELECT * FROM ({fitting}) f ORDER BY run, grade, folded LIMIT 3 * CAST(:limit AS integer)),
below AS (
  SELECT id AS top, id FROM categories_fitting
  UNION ALL SELECT b.top, c.id FROM below b JOIN categories c ON c.parent_id = b.id),
category_counts AS (
  SELECT b.top AS id, sum(cell.n)::bigint AS n
  FROM below b JOIN {cells} cell ON cell.category_id = b.id GROUP BY b.top),
category_suggestions AS (
  SELECT 'category', name, id, slug, n, run, row_number() OVER (ORDER BY run, grade, n DESC, folded) AS place
  FROM categories_fitting JOIN category_counts USING (id) WHERE n > 0 ORDER BY place LIMIT :limit)"""
CATEGORY_NAMES = f"SELECT id, name, slug, {FOLDED.format(value='name')} AS folded FROM categories"

# Each author's name is read once, by a jump from one to the next in the index.
AUTHORS = f"""
authors AS (
  (SELECT author FROM insights ORDER BY author LIMIT 1)
  UNION ALL
  SELECT (SELECT i.author FROM insights i WHERE i.author > a.author ORDER BY i.author LIMIT 1)
  FROM authors a WHERE a.author IS NOT NULL),
authors_fitting AS MATERIALIZED ({{fitting}}),
author_suggestions AS (
  SELECT 'author', name, NULL::integer, NULL, n, run,
         row_number() OVER (ORDER BY run, grade, n DESC, folded) AS place
  FROM (
    SELECT f.*, seen.n
    FROM (SELECT * FROM authors_fitting ORDER BY run, grade, folded LIMIT {MOST_NAMES}) f
    CROSS JOIN LATERAL (
      SELECT count(*) AS n FROM (
        SELECT FROM (SELECT * FROM insights WHERE author = f.name LIMIT {MOST_TRIED}) i WHERE {{sees}}
        LIMIT {MOST_COUNTED}) counted) seen
    WHERE seen.n > 0 LIMIT 2 * CAST(:limit AS integer)) authors_seen
  ORDER BY place LIMIT :limit)"""
AUTHOR_NAMES = (
    f"SELECT NULL::integer AS id, author AS name, NULL::text AS slug, {FOLDED.format(value='author')} AS folded"
    " FROM authors WHERE author IS NOT NULL"
)

PARTS = {
    "tag": TAGS.replace("{fitting}", FITTING.format(names=TAG_NAMES)),
    "category": CATEGORIES.replace("{fitting}", FITTING.format(names=CATEGORY_NAMES)),
    "author": AUTHORS.replace("{fitting}", FITTING.format(names=AUTHOR_NAMES)),
    "title": TITLES,
}
SUGGESTIONS = """
WITH RECURSIVE {typed}, {parts},
found(kind, name, id, slug, n, run, place) AS ({found})
SELECT * FROM (SELECT * FROM found ORDER BY place, kind LIMIT :limit) fair
ORDER BY array_position(CAST(:kinds AS text[]), kind), place"""


def suggestions(audience: Audience, text: str, limit: int) -> list[dict[str, Any]]:
    """Suggestions (`SuggestionAnswer`) for what was typed so far, none for a text without words."""
    typed = Typed.of(text)
    if not typed.runs:
        return []
    rows = read_rows(
        _statement(audience.sources, typed.kinds),
        kinds=list(typed.kinds),
        runs="\n".join(run.text for run in typed.runs),
        **({"words": " ".join(typed.words), "text": text.strip()} if "title" in typed.kinds else {}),
        limit=limit,
        **audience.parameters,
    )
    return [
        {
            "kind": row.kind,
            "text": row.name,
            "id": row.id,
            "insight_count": row.n,
            "query": typed.taking(row.kind, row.run, row.name, row.slug),
        }
        for row in rows
    ]


@cache
def _statement(sources: Sources, kinds: tuple[str, ...]) -> str:
    parts = ",".join(PARTS[kind].format(**sources._asdict()) for kind in kinds)
    found = " UNION ALL ".join(f"SELECT * FROM {kind}_suggestions" for kind in kinds)
    return SUGGESTIONS.format(typed=TYPED, parts=parts, found=found)
