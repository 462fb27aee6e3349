"""Pages of insights by number: filtered, in one of the orders."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Self

from app.core.db import like_literal, read_json
from app.identity.audience import Audience
from app.insights.queries.order import ORDERS
from app.insights.queries.representation import insights_in_order
from app.insights.schemas import NEWEST_FIRST

# Filters over the columns that the counted cells know: their total is a sum over cells, not a count of insights.
CATEGORY_NAMED = (
    "(SELECT id FROM categories WHERE folded(name) = folded(:category)"
    " UNION ALL SELECT category_id FROM category_aliases WHERE folded(name) = folded(:category))"
)
# The former id of one that was merged away stands for its target, as its name does.
CATEGORY_WITH_ID = (
    "(SELECT coalesce((SELECT category_id FROM category_aliases WHERE former_id = :category_id), :category_id))"
)
TAGS_WITH_IDS = (
    "ARRAY(SELECT DISTINCT coalesce(a.tag_id, wanted.id)"
    " FROM unnest(:tag_ids) AS wanted(id) LEFT JOIN tag_aliases a ON a.former_id = wanted.id)"
)
COUNTED = {
    "status": "{row}.status = :status",
    "priority": "{row}.priority = :priority",
    "visibility": "{row}.visibility = :visibility",
    # 0 is nobody's id, but in the cells it stands for "none".
    "category_id": f"{{row}}.category_id = nullif({CATEGORY_WITH_ID}, 0)",
    "category": f"{{row}}.category_id = {CATEGORY_NAMED}",
}
UNCOUNTED = {
    "author": r"i.author ILIKE :author ESCAPE '\'",
    "tag_ids": f"i.id IN (SELECT insight_id FROM insight_tags WHERE tag_id = ANY ({TAGS_WITH_IDS})"
    f" GROUP BY insight_id HAVING count(*) = cardinality({TAGS_WITH_IDS}))",
}

# The ids are walked in the order of the index until the page is full.
FILTERED = "found AS NOT MATERIALIZED (SELECT i.id, i.{column} FROM insights i WHERE {where})"

COUNT_OF_CELLS = "(SELECT coalesce(sum(cell.n), 0) FROM {cells} cell WHERE {where})"
COUNT_OF_FOUND = "(SELECT count(*) FROM found)"

PAGE = """
WITH {found},
page AS MATERIALIZED (SELECT id FROM found ORDER BY {order} OFFSET :skip LIMIT :page_size)
SELECT json_build_object('total', {total}, 'page', :page, 'page_size', :page_size, 'matched', NULL,
    'insights', ({insights}))::text"""


@dataclass(frozen=True, slots=True, kw_only=True)
class InsightFilter:
    """Which insights; all given conditions must hold. ``tag_ids`` wants every one of them, ``author`` a part of it."""

    status: str | None = None
    priority: str | None = None
    visibility: str | None = None
    category_id: int | None = None
    category: str | None = None
    author: str | None = None
    tag_ids: tuple[int, ...] = ()

    @classmethod
    def of(cls, arguments: Mapping[str, Any]) -> Self:
        """From loaded arguments, whatever else they hold."""
        known = {field.name: arguments[field.name] for field in fields(cls) if field.name in arguments}
        return cls(**{**known, "tag_ids": tuple(dict.fromkeys(known.get("tag_ids") or ()))})

    @property
    def given(self) -> dict[str, Any]:
        """The conditions that are set."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        return {name: value for name, value in values.items() if value not in (None, "", ())}

    def where(self, audience: Audience) -> str:
        """The conditions on an insight ``i``: those that are set, and that the audience sees it."""
        return f"{audience.sources.sees} AND {_where({**COUNTED, **UNCOUNTED}, self.given, 'i')}"

    @property
    def parameters(self) -> dict[str, Any]:
        """What the conditions bind."""
        bound = self.given
        if self.author:
            bound["author"] = f"%{like_literal(self.author)}%"
        if self.tag_ids:
            bound["tag_ids"] = list(self.tag_ids)
        return bound


def insights_json(
    audience: Audience,
    wanted: InsightFilter,
    page: int = 1,
    page_size: int = 20,
    skip: int | None = None,
    sort: str = NEWEST_FIRST,
) -> bytes:
    """One page (`InsightPage`); ``skip`` overrides where the page begins."""
    order, where = ORDERS[sort], wanted.where(audience)
    statement = PAGE.format(
        found=FILTERED.format(column=order.column, where=where),
        order=order.sql,
        total=total(audience, wanted.given),
        insights=insights_in_order(audience.sources, order.sql),
    )
    skip = (page - 1) * page_size if skip is None else skip
    parameters = {**wanted.parameters, **audience.parameters}
    return read_json(statement, **parameters, skip=skip, page=page, page_size=page_size) or b"{}"


def total(audience: Audience, given: Mapping[str, Any]) -> str:
    """How many insights fit, as SQL beside a CTE ``found``: a sum over cells where they know, else a count."""
    if given.keys() & UNCOUNTED.keys():
        return COUNT_OF_FOUND
    return COUNT_OF_CELLS.format(cells=audience.sources.cells, where=_where(COUNTED, given, "cell"))


def _where(conditions: Mapping[str, str], given: Mapping[str, Any], row: str) -> str:
    return " AND ".join(sql.format(row=row) for name, sql in conditions.items() if name in given) or "true"
