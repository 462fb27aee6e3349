"""A ``bool_exp`` as SQL. Postgres' three-valued logic is the dialect's, so nothing is done about it here."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from app.graphql_api.compiler.counting import count
from app.graphql_api.compiler.rows import Row, Way, all_of
from app.graphql_api.compiler.statement import Statement
from app.graphql_api.errors import OverLimit, Rejected
from app.graphql_api.language.values import given
from app.graphql_api.model import Column, Relationship

OPERATORS = {
    "_eq": "=", "_neq": "<>", "_gt": ">", "_gte": ">=", "_lt": "<", "_lte": "<=",
    "_like": "LIKE", "_nlike": "NOT LIKE", "_ilike": "ILIKE", "_nilike": "NOT ILIKE",
    "_similar": "SIMILAR TO", "_nsimilar": "NOT SIMILAR TO",
    "_regex": "~", "_nregex": "!~", "_iregex": "~*", "_niregex": "!~*",
}  # fmt: skip
# What takes as long as the caller likes, or fails, depending on the text.
PATTERNS = {operator for operator in OPERATORS if operator.endswith(("like", "similar", "regex"))}
OF_LISTS = {"_in": "= ANY", "_nin": "<> ALL"}


@dataclass(frozen=True, slots=True)
class Position:
    """Where in a condition we are: its place in the request, how deep, and whether below a ``_not``."""

    place: str
    nesting: int = 0
    relations: int = 0
    negative: bool = False

    def at(self, key: str) -> "Position":
        return replace(self, place=f"{self.place}.{key}")

    def item(self, index: int) -> "Position":
        return replace(self, place=f"{self.place}[{index}]")

    def deeper(self, statement: Statement, *, negative: bool = False) -> "Position":
        if self.nesting >= statement.limits.nesting:
            raise OverLimit("nesting", statement.limits.nesting, None, "conditions inside each other", self.place)
        return replace(self, nesting=self.nesting + 1, negative=self.negative or negative)

    def across(self, statement: Statement) -> "Position":
        allowed = statement.limits.where_relations
        if self.relations >= allowed:
            raise OverLimit("where_relations", allowed, None, "relationships inside each other", self.place)
        return replace(self.deeper(statement), relations=self.relations + 1)


def condition(statement: Statement, row: Row, expression: Any, position: Position) -> str:
    """A condition on a row, which holds when all that the expression gives hold."""
    return all_of(list(_parts(statement, row, _object(expression, f"{row.table.name}_bool_exp", position), position)))


def _parts(statement: Statement, row: Row, expression: Mapping[str, Any], position: Position) -> Iterator[str]:
    for key, value in expression.items():
        here = position.at(key)
        if key in ("_and", "_or"):
            yield _joined(statement, row, key, value, here)
        elif key == "_not":
            yield f"NOT ({condition(statement, row, value, here.deeper(statement, negative=True))})"
        elif key in row.table.columns:
            yield from _of_column(statement, row, row.table.columns[key], value, here)
        elif key in row.table.relationships:
            yield _related(statement, row, row.table.relationships[key], value, here.across(statement))
        else:
            found = row.table.aggregated(key)
            yield _counted(statement, row, found, value, here.across(statement))


def _of_column(statement: Statement, row: Row, column: Column, value: Any, position: Position) -> Iterator[str]:
    found = list(comparisons(statement, row.column(column.name), column, value, position))
    if PATTERNS.isdisjoint(value):
        yield from found
    else:
        yield row.guarded(statement, all_of(found))


def _joined(statement: Statement, row: Row, key: str, value: Any, position: Position) -> str:
    if not isinstance(value, list):
        raise _null(f"a list of {row.table.name}_bool_exp", position.place)
    deeper = position.deeper(statement)
    each = [condition(statement, row, item, deeper.item(index)) for index, item in enumerate(value)]
    if key == "_and":
        return all_of(each)
    return " OR ".join(f"({part})" for part in each) or "false"


def comparisons(statement: Statement, operand: str, column: Column, value: Any, position: Position) -> Iterator[str]:
    """The conditions on one operand, which is a column's value or of its kind."""
    expression = _object(value, f"{column.kind.scalar}_comparison_exp", position)
    for operator, given_value in expression.items():
        here = position.at(operator)
        if not given(given_value):
            raise _null(f"a value for type {column.kind.scalar!r}", here.place)
        if operator == "_is_null":
            yield f"{operand} IS NULL" if given_value else f"{operand} IS NOT NULL"
        elif operator in OF_LISTS:
            _refuse_nulls(given_value, column, here)
            yield f"{operand} {OF_LISTS[operator]} ({statement.bind(given_value, f'{column.kind.sql}[]', here.place)})"
        else:
            bound = statement.bind(given_value, column.kind.sql, here.place)
            yield f"{operand} {OPERATORS[operator]} {bound}"


def _refuse_nulls(values: Any, column: Column, position: Position) -> None:
    for index, item in enumerate(values if isinstance(values, list) else ()):
        if not given(item):
            raise _null(f"a value for type {column.kind.scalar!r}", f"{position.place}[{index}]")


def _related(statement: Statement, row: Row, found: Relationship, value: Any, position: Position) -> str:
    """Whether there is a related row for which the condition holds: true or false, never unknown."""
    way = Way.of(statement, row, found)
    inner = condition(statement, way.row, value, position)
    key = _by_unique_key(way, value)
    if key and found.key and not position.negative:
        # The planner then knows the id and can walk an index in order. Null where nothing is related: not below a NOT.
        return f"{row.column(found.key)} = ({_id_of(statement, way, inner)})"
    if key and found.link:
        table, own, other = found.link
        return (
            f"EXISTS (SELECT FROM {table} {way.link} WHERE {way.link}.{own} = {row.column('id')}"
            f" AND {way.link}.{other} = ({_id_of(statement, way, inner)}))"
        )
    return f"EXISTS (SELECT FROM {way.source(statement)} WHERE {way.on} AND {inner})"


def _by_unique_key(way: Way, value: Mapping[str, Any]) -> bool:
    """Whether the condition holds of one row at most, whichever the parent is."""
    columns = way.row.table.columns
    return any(name in columns and columns[name].unique and "_eq" in asked for name, asked in value.items())


def _id_of(statement: Statement, way: Way, inner: str) -> str:
    return f"SELECT {way.row.column('id')} FROM {way.row.seen_table(statement)} {way.row.alias} WHERE {inner}"


def _counted(statement: Statement, row: Row, found: Relationship, value: Any, position: Position) -> str:
    asked = _object(value, f"{found.table}_aggregate_bool_exp", position)
    if len(asked) != 1:
        raise Rejected("exactly one predicate should be specified", position.place)
    here = position.at("count")
    counted = _object(asked["count"], f"{found.table}_aggregate_bool_exp_count", here)
    way = Way.of(statement, row, found)
    number = count(way.row, counted.get("arguments"), counted.get("distinct"))
    compared = comparisons(statement, number, row.table.columns["id"], counted["predicate"], here.at("predicate"))
    holds = all_of(list(compared))
    wanted = [way.on]
    if "filter" in counted:
        wanted.append(condition(statement, way.row, counted["filter"], here.at("filter")))
    return f"(SELECT {holds} FROM {way.source(statement)} WHERE {all_of(wanted)} GROUP BY ())"


def _object(value: Any, kind: str, position: Position) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise _null(f"an object for type {kind!r}", position.place)
    return value


def _null(expected: str, place: str) -> Rejected:
    return Rejected(f"expected {expected}, but found null", place)
