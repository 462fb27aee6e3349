"""Pages of insights that begin where the one before ended: the last costs what the first costs, and what others write
meanwhile moves nothing."""

from typing import NamedTuple

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

PAGE = """
WITH {found}, {walked},
page AS MATERIALIZED (SELECT * FROM walked ORDER BY {order} LIMIT :page_size),
ending AS (SELECT * FROM page WHERE (SELECT count(*) FROM walked) > :page_size ORDER BY {order} OFFSET :page_size - 1)
SELECT json_build_object('total', {total}, 'page_size', :page_size, 'matched', NULL, 'insights', ({insights}))::text
    AS body, (SELECT {key} FROM ending) AS key, (SELECT id FROM ending) AS id"""


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
    """The insights that come next after a place, or the first ones. Of a filter without text."""
    order, where = ORDERS[sort], wanted.where(audience)
    statement = PAGE.format(
        found=FILTERED.format(column=order.column, where=where),
        walked=_walked(order, where, after),
        order=order.sql,
        total=total(audience, wanted.given),
        insights=insights_in_order(audience.sources, order.sql),
        key="title" if order.column == "title" else f"iso_utc({order.column})",
    )
    began = {} if after is None else {"key": after.key, "after": after.insight_id}
    [row] = read_rows(statement, **wanted.parameters, **audience.parameters, **began, page_size=page_size)
    return Portion(row.body.encode(), None if row.id is None else Place(row.key, row.id))


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
