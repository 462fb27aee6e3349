"""``order_by`` and ``distinct_on`` as SQL."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from app.graphql_api.compiler.counting import aggregate, count
from app.graphql_api.compiler.rows import Row, Way
from app.graphql_api.compiler.statement import Statement
from app.graphql_api.errors import Rejected
from app.graphql_api.language.values import given
from app.graphql_api.model import Relationship

# Said where it is the default, a place for nulls keeps the planner from an index.
DIRECTIONS = {
    "asc": "ASC",
    "asc_nulls_last": "ASC",
    "asc_nulls_first": "ASC NULLS FIRST",
    "desc": "DESC",
    "desc_nulls_first": "DESC",
    "desc_nulls_last": "DESC NULLS LAST",
}
MISMATCH = '"distinct_on" columns must match initial "order_by" columns'


class Key(NamedTuple):
    """What rows are sorted by; ``column`` when it is a plain one of theirs."""

    value: str
    direction: str
    column: str | None = None

    @property
    def sql(self) -> str:
        return f"{self.value} {self.direction}"


def sort_keys(statement: Statement, row: Row, order_by: Any) -> list[Key]:
    """The keys, the most significant first. A direction that is null asks for nothing."""
    if not given(order_by):
        return []
    return [key for item in order_by if given(item) for key in _keys(statement, row, item)]


def distinct_columns(keys: list[Key], distinct_on: Any, place: str) -> list[str]:
    """The columns of which one row each is kept. The first keys must be the same ones, in any order."""
    if not given(distinct_on):
        return []
    columns = list(dict.fromkeys(column.name for column in distinct_on))
    if keys and {key.column for key in keys[: len(columns)]} != set(columns):
        raise Rejected(MISMATCH, f"{place}.args")
    return columns


def _keys(statement: Statement, row: Row, item: Mapping[str, Any]) -> Iterator[Key]:
    for name, wanted in item.items():
        if not given(wanted):
            continue
        if name in row.table.columns:
            yield Key(row.column(name), DIRECTIONS[wanted.name], name)
        elif name in row.table.relationships:
            yield from _through(statement, row, row.table.relationships[name], wanted)
        else:
            yield from _aggregates(statement, row, row.table.aggregated(name), wanted)


def _through(statement: Statement, row: Row, found: Relationship, wanted: Mapping[str, Any]) -> Iterator[Key]:
    """By what one related row has; null where there is none."""
    for name, direction in wanted.items():
        if not given(direction):
            continue
        way = Way.of(statement, row, found)
        for key in _keys(statement, way.row, {name: direction}):
            yield Key(_value(statement, way, key.value), key.direction)


def _aggregates(statement: Statement, row: Row, found: Relationship, wanted: Mapping[str, Any]) -> Iterator[Key]:
    for function, asked in wanted.items():
        if not given(asked):
            continue
        if function == "count":
            way = Way.of(statement, row, found)
            yield Key(_value(statement, way, count(way.row, None, None)), DIRECTIONS[asked.name])
            continue
        for column, direction in asked.items():
            if given(direction):
                way = Way.of(statement, row, found)
                value = aggregate(way.row, function, column)
                yield Key(_value(statement, way, value), DIRECTIONS[direction.name])


def _value(statement: Statement, way: Way, value: str) -> str:
    return f"(SELECT {value} FROM {way.source(statement)} WHERE {way.on})"
