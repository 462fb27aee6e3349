"""Rows, lists and aggregates as JSON."""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from app.graphql_api.compiler.cost import COUNTING, Cost
from app.graphql_api.compiler.counting import aggregate, count
from app.graphql_api.compiler.json import Member, json_list, json_object
from app.graphql_api.compiler.lists import Listed
from app.graphql_api.compiler.rows import Row, Way
from app.graphql_api.compiler.selections import TYPENAME, Selected, selected
from app.graphql_api.compiler.statement import Statement
from app.graphql_api.model import AGGREGATE, Table

NOTHING: Mapping[str, str] = {}
TOO_MANY = "a list may have {most} rows at most: give a limit"


class Made(NamedTuple):
    """SQL that makes JSON, and what that costs."""

    sql: str
    cost: Cost


class Shape(NamedTuple):
    """An object's members as SQL, and what those below cost."""

    sql: str
    below: Sequence[Cost]


def typename(asked: Selected, name: str) -> Member:
    return Member(asked.key, f"'{name}'::text")


def row_object(
    statement: Statement, row: Row, asked: Sequence[Selected], besides: Mapping[str, str] = NOTHING
) -> Shape:
    """One row: the columns and relationships that are selected, and ``besides`` what else it has, as SQL."""
    members, below = [], []
    for found in asked:
        if found.name in besides:
            members.append(Member(found.key, besides[found.name]))
        elif found.name == TYPENAME:
            members.append(typename(found, row.table.name))
        elif found.name in row.table.columns:
            members.append(Member(found.key, row.column(found.name)))
        else:
            made = _related(statement, row, found)
            members.append(Member(found.key, made.sql))
            below.append(made.cost)
    return Shape(json_object(members), below)


def _related(statement: Statement, row: Row, asked: Selected) -> Made:
    table = row.table
    if asked.name not in table.relationships:
        way = Way.of(statement, row, table.aggregated(asked.name))
        return aggregated(statement, way.row, asked, way)
    way = Way.of(statement, row, table.relationships[asked.name])
    if way.relationship.many:
        return listed(statement, way.row, asked, way)
    shape = row_object(statement, way.row, selected(statement, way.row.table.name, asked))
    return Made(f"(SELECT {shape.sql} FROM {way.source(statement)} WHERE {way.on})", Cost(below=shape.below))


def listed(statement: Statement, row: Row, asked: Selected, way: Way | None = None) -> Made:
    """A list of rows. One that is not below a row has its own limit."""
    found = Listed.of(statement, row, asked.arguments, asked.place, way)
    shape = row_object(statement, row, selected(statement, row.table.name, asked))
    cost = Cost(_typically(row.table, way), asked.arguments.get("limit"), below=shape.below)
    if way:
        return Made(f"(SELECT {json_list(shape.sql)} FROM {found.sql(statement)})", cost)
    most = statement.limits.rows
    items = _unless_too_many(json_list(shape.sql), most)
    return Made(f"(SELECT {items} FROM {found.sql(statement, most + 1)})", cost)


def aggregated(statement: Statement, row: Row, asked: Selected, way: Way | None = None) -> Made:
    """Aggregates and rows of one list, in one pass over it."""
    found = Listed.of(statement, row, asked.arguments, asked.place, way)
    members, below = [], []
    name = f"{row.table.name}{AGGREGATE}"
    for part in selected(statement, name, asked):
        if part.name == TYPENAME:
            members.append(typename(part, name))
        elif part.name == "aggregate":
            members.append(Member(part.key, aggregate_fields(statement, row, part)))
        else:
            shape = row_object(statement, row, selected(statement, row.table.name, part))
            nodes = json_list(shape.sql)
            members.append(Member(part.key, nodes if way else _unless_too_many(nodes, statement.limits.rows)))
            below.append(Cost(below=shape.below))
    # Without a grouping, no aggregate among the members would mean one answer for each row.
    sql = f"(SELECT {json_object(members)} FROM {found.sql(statement)} GROUP BY ())"
    return Made(sql, Cost(_typically(row.table, way), asked.arguments.get("limit"), COUNTING, below))


def aggregate_fields(statement: Statement, row: Row, asked: Selected) -> str:
    """``<t>_aggregate_fields`` of the rows in the group."""
    name = f"{row.table.name}_aggregate_fields"
    return json_object(_aggregates(statement, row, name, asked))


def _aggregates(statement: Statement, row: Row, name: str, asked: Selected) -> Iterator[Member]:
    for part in selected(statement, name, asked):
        if part.name == TYPENAME:
            yield typename(part, name)
        elif part.name == "count":
            yield Member(part.key, count(row, part.arguments.get("columns"), part.arguments.get("distinct")))
        else:
            yield Member(part.key, _of_columns(statement, row, part))


def _of_columns(statement: Statement, row: Row, asked: Selected) -> str:
    name = f"{row.table.name}_{asked.name}_fields"
    members = []
    for part in selected(statement, name, asked):
        is_typename = part.name == TYPENAME
        members.append(typename(part, name) if is_typename else Member(part.key, aggregate(row, asked.name, part.name)))
    return json_object(members)


def by_key(statement: Statement, table: Table, asked: Selected) -> Made:
    """The row with an id, or null."""
    row = Row.of(statement, table)
    shape = row_object(statement, row, selected(statement, table.name, asked))
    bound = statement.bind(asked.arguments["id"], table.columns["id"].kind.sql, f"{asked.place}.args.id")
    wanted = f"{row.column('id')} = {bound}"
    sql = f"(SELECT {shape.sql} FROM {row.seen_table(statement)} {row.alias} WHERE {wanted})"
    return Made(sql, Cost(below=shape.below))


def _typically(table: Table, way: Way | None) -> int:
    return way.relationship.fan_out if way else table.rows


def _unless_too_many(items: str, most: int) -> str:
    return f"CASE WHEN count(*) > {most} THEN refuse('{TOO_MANY.format(most=most)}') ELSE {items} END"
