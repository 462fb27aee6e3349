"""Pages of insights that begin where the one before ended: the last costs what the first costs, and what others write
meanwhile moves nothing."""

from typing import Any, NamedTuple

from app.core.db import read_rows
from app.identity.audience import Audience
from app.insights.queries.listing import FILTERED, InsightFilter, total
from app.insights.queries.order import ORDERS, Order
from app.insights.queries.representation import insights_in_order

# One more than is shown tells whether there is another page.
WALK = "SELECT i.id, i.{column} FROM insights i WHERE {begins} AND {where} ORDER BY {walk} LIMIT :page_size + 1"
# One range of the index: a row is compared as a whole.
BEYOND = "(i.{column}, i.id) {beyond} (CAST(:key AS {type}), CAST(:after AS integer))"
WITHOUT = "i.{column} IS NULL"
BEYOND_WITHOUT = WITHOUT + " AND i.id {beyond} CAST(:after AS integer)"

WALKED = "walked AS MATERIALIZED ({part})"
# Those that have a value, then those that have none: not looked for while the others fill the page.
WALKED_IN_TWO = """
valued AS MATERIALIZED ({part}),
walked AS MATERIALIZED (
  SELECT * FROM valued UNION ALL ({rest}))"""
NOT_FULL = "(SELECT count(*) FROM valued) <= :page_size AND "

PORTION = """{walked},
page AS MATERIALIZED (
  SELECT *, row_number() OVER (ORDER BY {order}) AS place FROM walked ORDER BY {order} LIMIT :page_size),
ending AS (SELECT * FROM page WHERE place = :page_size AND (SELECT count(*) FROM walked) > :page_size)"""
ENDING = "(SELECT {key} FROM ending) AS key, (SELECT id FROM ending) AS end_id"
PAGE = """
WITH {found}, {portion}
SELECT json_build_object('total', {total}, 'page_size', :page_size, 'matched', NULL, 'insights', ({insights}))::text
    AS body, {ending}"""


class Place(NamedTuple):
    """Where a page ended: its last insight's value in the order's column (a time as ISO 8601, UTC), and its id."""

    key: str | None
    insight_id: int


class Portion(NamedTuple):
    """A page (`InsightPage`, but for its cursor), and where it ended when there is more."""

    body: bytes
    end: Place | None


def insights_after(
    audience: Audience, wanted: InsightFilter, sort: str, after: Place | None, page_size: int
) -> Portion:
    """The insights that come next after a place, or the first ones."""
    order, where = ORDERS[sort], wanted.where(audience)
    statement = PAGE.format(
        found=FILTERED.format(column=order.column, where=where),
        portion=portion_after(order, where, after),
        total=total(audience, wanted.given),
        insights=insights_in_order(audience.sources, order.sql),
        ending=ending(order),
    )
    began = bound_after(after, page_size)
    [row] = read_rows(statement, **wanted.parameters, **audience.parameters, **began)
    return Portion(row.body.encode(), end(row))


def portion_after(order: Order, where: str, after: Place | None) -> str:
    """CTEs: ``page``, of insights ``i`` that fit, with their ``place``; and ``ending``, its last row when more come."""
    return PORTION.format(walked=_walked(order, where, after), order=order.sql)


def bound_after(after: Place | None, page_size: int) -> dict[str, object]:
    """What the CTEs bind."""
    began = {} if after is None else {"key": after.key, "after": after.insight_id}
    return {**began, "page_size": page_size}


def ending(order: Order) -> str:
    """Where the page ends, as columns that `end` reads."""
    return ENDING.format(key="title" if order.column == "title" else f"iso_utc({order.column})")


def end(row: Any) -> Place | None:
    """Where the page ended; None when nothing comes after it."""
    return None if row.end_id is None else Place(row.key, row.end_id)


def _walked(order: Order, where: str, after: Place | None) -> str:
    if not order.nullable:
        return WALKED.format(part=_part(order, where, BEYOND if after else "true"))
    if after and after.key is None:
        return WALKED.format(part=_part(order, where, BEYOND_WITHOUT))
    part = _part(order, where, BEYOND if after else "i.{column} IS NOT NULL")
    return WALKED_IN_TWO.format(part=part, rest=_part(order, where, NOT_FULL + WITHOUT))


def _part(order: Order, where: str, begins: str) -> str:
    kind = "text" if order.column == "title" else "timestamptz"
    begins = begins.format(column=order.column, beyond=order.beyond, type=kind)
    return WALK.format(column=order.column, begins=begins, where=where, walk=order.walk)
