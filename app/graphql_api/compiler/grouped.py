"""``insights_grouped``: rows are counted by their keys; groups of nothing are added where asked for."""

from collections.abc import Iterator, Mapping, Sequence
from math import prod
from typing import Any

from app.graphql_api.compiler import group_keys
from app.graphql_api.compiler.calendar import Calendar
from app.graphql_api.compiler.conditions import Position, condition
from app.graphql_api.compiler.cost import COUNTING, Cost
from app.graphql_api.compiler.filling import filling
from app.graphql_api.compiler.group_objects import Grouping, group_object
from app.graphql_api.compiler.json import json_list
from app.graphql_api.compiler.lists import check_limit, number
from app.graphql_api.compiler.objects import Made
from app.graphql_api.compiler.ordering import DIRECTIONS
from app.graphql_api.compiler.rows import Row
from app.graphql_api.compiler.selections import Selected, selected
from app.graphql_api.compiler.statement import Statement
from app.graphql_api.errors import Rejected
from app.graphql_api.grouping import KEYS, Key, Tokens
from app.graphql_api.language.values import given
from app.graphql_api.model import INSIGHTS
from app.graphql_api.schema.grouped import DEFAULT_START, DEFAULT_ZONE, GROUP

MOST_GROUPS = 10_000
TOO_MANY = "there may be {most} groups at most: group by less, or for a shorter time, or give a limit"
TOO_MANY_FILLED = "filling would make more than {most} groups: group by less, or for a shorter time"
# Values of a key that has no tokens, for the cost alone.
TYPICALLY = 100


def grouped(statement: Statement, asked: Selected) -> Made:
    """The groups as a JSON list, in one statement over the rows. It costs as much as an aggregate of them."""
    arguments, place = asked.arguments, f"{asked.place}.args"
    grouping = _grouping(statement, arguments, place)
    where = _where(statement, grouping.row, arguments.get("where"), f"{place}.where")
    shape = group_object(statement, grouping, selected(statement, GROUP, asked))
    most = min(MOST_GROUPS, statement.limits.rows)
    # The zone is bound, so that it is checked, even where no key is of the calendar.
    groups = [f"zone AS (SELECT {grouping.calendar.zone})", f"counted AS ({_counted(statement, grouping, where)})"]
    filled = arguments.get("fill") is True
    if filled:
        groups += filling(statement, grouping, arguments.get("where"), f"{place}.where", most)
    page = _page(statement, grouping, arguments, place, most, "filled" if filled else "counted")
    listed = _unless_too_many(json_list(shape.sql), most, filled=filled)
    cost = Cost(min(_typically(grouping.keys), most), arguments.get("limit"), below=shape.below)
    sql = f"(WITH {', '.join(groups)} SELECT {listed} FROM ({page}) {grouping.group})"
    return Made(sql, Cost(below=[Cost(INSIGHTS.rows, weight=COUNTING), cost]))


def _grouping(statement: Statement, arguments: Mapping[str, Any], place: str) -> Grouping:
    zone: Any = arguments.get("time_zone")
    start: Any = arguments.get("week_start")
    calendar = Calendar.of(
        statement,
        zone if given(zone) else DEFAULT_ZONE,
        start.name if given(start) else DEFAULT_START,
        f"{place}.time_zone",
    )
    return Grouping(Row.of(statement, INSIGHTS), _keys(arguments["by"], f"{place}.by"), calendar)


def _keys(by: Sequence[Any], place: str) -> list[Key]:
    names = [key.name for key in by]
    if not names:
        raise Rejected("give at least one key to group by", place)
    for index, name in enumerate(names):
        if name in names[:index]:
            raise Rejected(f"{name!r} is given twice", f"{place}[{index}]")
    return [KEYS[name] for name in names]


def _where(statement: Statement, row: Row, expression: Any, place: str) -> str:
    return condition(statement, row, expression, Position(place)) if given(expression) else "true"


def _counted(statement: Statement, grouping: Grouping, where: str) -> str:
    """The groups that have rows."""
    row = grouping.row
    values = [group_keys.value(key, row, grouping.calendar) for key in grouping.keys]
    named = [f"{value} AS {column}" for value, column in zip(values, grouping.columns.values(), strict=True)]
    joins = "".join(group_keys.joined(key, row) for key in grouping.keys)
    places = ", ".join(str(place + 1) for place in range(len(values)))
    aggregates = (f"{sql} AS a{place}" for place, sql in enumerate(grouping.aggregates))
    selection = ", ".join((*named, "count(*) AS n", *aggregates))
    return f"SELECT {selection} FROM {row.seen_table(statement)} {row.alias}{joins} WHERE {where} GROUP BY {places}"


def _page(
    statement: Statement, grouping: Grouping, arguments: Mapping[str, Any], place: str, most: int, source: str
) -> str:
    """The groups that are shown: one more than ``most`` tells that there are too many."""
    limit, offset = arguments.get("limit"), arguments.get("offset")
    bound = number(statement, limit, f"{place}.limit", check_limit) or most + 1
    skipped = f" OFFSET {number(statement, offset, f'{place}.offset')}" if given(offset) else ""
    order = ", ".join(_order(grouping, arguments.get("order_by"), f"{place}.order_by"))
    rest = f"ORDER BY {order} LIMIT least({bound}, {most + 1}){skipped}"
    return f"SELECT {grouping.group}.* FROM {source} {grouping.group}{''.join(_ranked(grouping))} {rest}"


def _ranked(grouping: Grouping) -> Iterator[str]:
    """The places of names, joined to the groups."""
    for key, column in zip(grouping.keys, grouping.columns.values(), strict=True):
        if ranking := group_keys.ranking(key, column):
            name = group_keys.ranks(key)
            yield f" LEFT JOIN ({ranking}) {name} ON {name}.k = {grouping.group}.{column}"


def _order(grouping: Grouping, order_by: Any, place: str) -> Iterator[str]:
    """As asked, then by the keys, so that the order is always the same."""
    for index, item in enumerate(order_by if given(order_by) else ()):
        for name, direction in item.items():
            if given(direction):
                value = _sorting(grouping, name, f"{place}[{index}].{name}")
                yield f"{value} {DIRECTIONS[direction.name]}"
    for key in grouping.keys:
        yield group_keys.sorting(key, grouping.column(key, place))


def _sorting(grouping: Grouping, name: str, place: str) -> str:
    if name == "count":
        return f"{grouping.group}.n"
    return group_keys.sorting(KEYS[name], grouping.column(KEYS[name], place))


def _unless_too_many(items: str, most: int, *, filled: bool) -> str:
    shown = f"CASE WHEN count(*) > {most} THEN refuse('{TOO_MANY.format(most=most)}') ELSE {items} END"
    if not filled:
        return shown
    refused = f"refuse('{TOO_MANY_FILLED.format(most=most)}')"
    return f"CASE WHEN (SELECT count(*) FROM possible) > {most} THEN {refused} ELSE {shown} END"


def _typically(keys: Sequence[Key]) -> int:
    """How many groups there may be."""
    return prod(len(key.tokens) if isinstance(key, Tokens) else TYPICALLY for key in keys)
