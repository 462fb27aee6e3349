"""Matches counted by what they have in common (`FacetsAnswer`)."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from app.insights.queries.order import ORDERS
from app.search.queries.matches import Matches

MOST_VALUES = 10
MOST_MONTHS = 12
# So many matches are counted; of more, the best ones stand for all, or the first ones where there is no text.
COUNTED, SAMPLED = 1_000, 300

# Of insights ``i``; each facet then counts narrow rows.
FACETED = """,
faceted AS MATERIALIZED (
  SELECT i.id, i.status, i.priority, i.category_id, i.author,
    to_char(i.created_at AT TIME ZONE 'UTC', 'YYYY-MM') AS month
  FROM insights i WHERE {where} {first})"""

PLAIN = """
(SELECT coalesce(json_agg(json_build_object('value', value, 'count', n) ORDER BY {order}), '[]')
 FROM (SELECT {facet} AS value, count(*) AS n FROM faceted GROUP BY {facet} ORDER BY {order} LIMIT {most}) counted)"""
NAMED = """
(SELECT coalesce(json_agg(json_build_object('value', named.slug, 'id', named.id, 'name', named.name, 'count', n)
                          ORDER BY n DESC, named.name NULLS LAST), '[]')
 FROM ({counted} ORDER BY n DESC, id LIMIT {most}) counted LEFT JOIN {table} named USING (id))"""
OF_CATEGORIES = "SELECT category_id AS id, count(*) AS n FROM faceted GROUP BY category_id"
OF_TAGS = "SELECT it.tag_id AS id, count(*) AS n FROM faceted f JOIN insight_tags it ON it.insight_id = f.id GROUP BY 1"

MOST_FREQUENT, NEWEST = "n DESC, value", "value DESC"
SQL = {
    "status": PLAIN.format(facet="status", order=MOST_FREQUENT, most=MOST_VALUES),
    "priority": PLAIN.format(facet="priority", order=MOST_FREQUENT, most=MOST_VALUES),
    "category": NAMED.format(counted=OF_CATEGORIES, table="categories", most=MOST_VALUES),
    "tags": NAMED.format(counted=OF_TAGS, table="tags", most=MOST_VALUES),
    "author": PLAIN.format(facet="author", order=MOST_FREQUENT, most=MOST_VALUES),
    "month": PLAIN.format(facet="month", order=NEWEST, most=MOST_MONTHS),
}
FACETS = f"(SELECT json_build_object({', '.join(f'{name!r}, {sql}' for name, sql in SQL.items())})::text)"


class Facets(NamedTuple):
    """The CTE of the insights that are counted, what it binds, and up to how many matches these are all."""

    sql: str
    bound: Mapping[str, object]
    most: int

    @classmethod
    def of(cls, found: Matches) -> "Facets":
        """Of a search's matches; without text they are looked up here."""
        if found.ranking is None:
            order, among = ORDERS[found.search.column_order], found.condition(COUNTED)
            first = f"ORDER BY {order.sql} LIMIT {COUNTED}"
            return cls(FACETED.format(where=among.sql, first=first), among.bound, COUNTED)
        ids = found.ids if found.ids is not None and len(found.ids) <= COUNTED else _best(found)
        where = f"i.id = ANY (CAST(:faceted_ids AS int[])) AND {found.audience.sources.sees}"
        bound = {**found.audience.parameters, "faceted_ids": list(ids)}
        return cls(FACETED.format(where=where, first=""), bound, len(ids))


def _best(found: Matches) -> Sequence[int]:
    return ([hit.insight_id for hit in found.hits] or found.ids or ())[:SAMPLED]
