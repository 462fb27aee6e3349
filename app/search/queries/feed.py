"""The newest insights that a query finds, for its feed."""

from collections.abc import Sequence
from typing import Any

from app.core.clock import now
from app.core.db import read_rows
from app.identity.audience import Audience
from app.insights.queries.listing import InsightFilter
from app.search.language.parser import parse
from app.search.queries.conditions import MOST_BY_INDEX, Compiled, compiled, matching_ids_sql
from app.search.queries.totals import matching
from app.search.queries.words import Understood, understand

ENTRIES = 50
# When it was published or, as long as that was never, made.
SINCE = "coalesce(i.published_at, i.created_at)"
# Of few matches, found through their words: the newest of all.
FOUND = f"""
found AS MATERIALIZED ({{found}}),
newest AS MATERIALIZED (
  SELECT i.id, {SINCE} AS since FROM found JOIN insights i USING (id) ORDER BY since DESC, i.id DESC LIMIT :most)"""
# Of many, or of a query without words: the newest of either kind along its index, until there are enough.
WALKED = """
walked AS MATERIALIZED (
  (SELECT i.id, i.published_at AS since FROM insights i WHERE i.published_at IS NOT NULL AND {where}
   ORDER BY i.published_at DESC NULLS LAST, i.id DESC LIMIT :most)
  UNION ALL
  (SELECT i.id, i.created_at FROM insights i WHERE i.published_at IS NULL AND {where}
   ORDER BY i.created_at DESC, i.id DESC LIMIT :most)),
newest AS MATERIALIZED (SELECT * FROM walked ORDER BY since DESC, id DESC LIMIT :most)"""
ENTRY = """
SELECT i.id, i.public_id, i.title, left(i.description, :longest) AS description, i.author, newest.since, i.updated_at,
       array_remove(CAST(c.name AS text) || ARRAY(
         SELECT CAST(t.name AS text) FROM insight_tags it JOIN tags t ON t.id = it.tag_id
         WHERE it.insight_id = i.id ORDER BY folded(t.name)), NULL) AS categories
FROM newest JOIN insights i USING (id) LEFT JOIN categories c ON c.id = i.category_id
ORDER BY newest.since DESC, i.id DESC"""


def newest_matches(audience: Audience, query: str, longest: int) -> Sequence[Any]:
    """The newest 50 insights that a text finds, by when they were published, or made.

    Rows of id, public_id, title, description (its first ``longest`` characters), author, since, updated_at and
    categories: the names of its category and its tags. Raises `Invalid` for a text that doesn't parse.
    """
    understood = understand(audience, parse(query, now()))
    found = compiled(understood, audience)
    if _few(understood, found):
        ids, bound = matching_ids_sql(found, audience, InsightFilter())
        newest = FOUND.format(found=ids)
    else:
        newest = WALKED.format(where=f"{audience.sources.sees} AND {matching(found)}")
        bound = {**found.parameters, **audience.parameters}
    return read_rows(f"WITH {newest} {ENTRY}", **bound, most=ENTRIES, longest=longest)


def _few(understood: Understood, found: Compiled) -> bool:
    by_index = found.tokens is not None and found.most is not None and found.most <= MOST_BY_INDEX
    return by_index or understood.as_it_stands
