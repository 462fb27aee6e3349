"""Which insights a page of a search shows, as the CTE ``page`` (id, place)."""

from collections.abc import Mapping
from typing import NamedTuple

from app.errors import FieldError, Invalid
from app.insights.queries.keyset import Place, bound_after, ending, portion_after
from app.insights.queries.order import ORDERS
from app.search.queries.matches import Matches
from app.search.queries.ranking import RANKED
from app.search.queries.wanted import Portion

# A page further down costs what it skips. Nobody reads so far; a program follows cursors.
DEEPEST = 10_000
TOO_DEEP = f"reaches beyond the first {DEEPEST:,} hits of a search; GET /insights with q and cursor has all of them"

# Those of the ranked hits that are still there and still seen.
RANKED_PAGE = """
page AS MATERIALIZED (
SELECT i.id, given.place FROM unnest(CAST(:page_ids AS int[])) WITH ORDINALITY AS given(id, place)
JOIN insights i ON i.id = given.id WHERE {sees}{rest})"""
# Below the ranked hits the others follow, the newest first.
REST = f"""
UNION ALL
SELECT id, {RANKED} + row_number() OVER (ORDER BY created_at DESC, id DESC) AS place FROM (
  SELECT i.id, i.created_at FROM insights i WHERE {{where}} AND i.id <> ALL (CAST(:ranked_ids AS int[]))
  ORDER BY i.created_at DESC, i.id DESC OFFSET :skip LIMIT :page_size) others"""
ORDERED_PAGE = """
page AS MATERIALIZED (
SELECT id, row_number() OVER (ORDER BY {order}) AS place FROM (
  SELECT i.id, i.{column} FROM insights i WHERE {where} ORDER BY {order} OFFSET :skip LIMIT :page_size) chosen)"""

NO_END = "NULL AS key, NULL AS end_id"


class Page(NamedTuple):
    """The CTE, what it binds, where it ends, as columns; and the part of the matches that it is when that is known."""

    sql: str
    bound: Mapping[str, object]
    ending: str = NO_END
    portion: Portion | None = None


def page_of(found: Matches, portion: Portion) -> Page:
    """A page by its number, in the order that the search asks for. Raises `Invalid` for one that is too deep."""
    _refuse_depth(found, portion)
    return _ranked(found, portion) if found.search.by_relevance else _ordered(found, portion)


def page_after(found: Matches, after: Place | None, page_size: int) -> Page:
    """The page that comes next after a place in the order by a column."""
    order, among = ORDERS[found.search.column_order], found.condition(page_size)
    bound = {**among.bound, **bound_after(after, page_size)}
    return Page(portion_after(order, among.sql, after), bound, ending(order))


def _refuse_depth(found: Matches, portion: Portion) -> None:
    if not found.search.has_text or portion.end <= DEEPEST:
        return
    if found.found is None or found.found > portion.skip:
        name, where = portion.asked
        raise Invalid.because([FieldError((name,), TOO_DEEP, "too_deep", where)])


def _ranked(found: Matches, portion: Portion) -> Page:
    """The best hits; below them all others, the newest first."""
    sees = found.audience.sources.sees
    ranked_ids = [hit.insight_id for hit in found.hits]
    page_ids = ranked_ids[portion.skip : portion.end]
    bound: dict[str, object] = {**found.audience.parameters, "page_ids": page_ids}
    if len(page_ids) == portion.page_size or found.found == len(ranked_ids):
        return Page(RANKED_PAGE.format(sees=sees, rest=""), bound)
    skip = max(portion.skip - len(ranked_ids), 0)
    among = found.condition(skip + portion.page_size)
    others = {"ranked_ids": ranked_ids, "skip": skip, "page_size": portion.page_size - len(page_ids)}
    rest = REST.format(where=among.sql)
    sql = RANKED_PAGE.format(sees=sees, rest=rest)
    return Page(sql, {**bound, **among.bound, **others}, portion=portion)


def _ordered(found: Matches, portion: Portion) -> Page:
    order, among = ORDERS[found.search.column_order], found.condition(portion.end)
    sql = ORDERED_PAGE.format(order=order.sql, column=order.column, where=among.sql)
    return Page(sql, {**among.bound, "skip": portion.skip, "page_size": portion.page_size}, portion=portion)


def end_of_all(page: Page, shown: int) -> int | None:
    """How many matches there are, when the page that shows so many is the last one."""
    if page.portion is None or shown == page.portion.page_size or (page.portion.skip and not shown):
        return None
    return page.portion.skip + shown
