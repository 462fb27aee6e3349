"""The meaning of queries in plain Python over dictionaries, in three-valued logic; written from the reference of the
dialect and not from the code."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from functools import cmp_to_key
from statistics import mean, pstdev, pvariance, stdev, variance
from typing import Any
from uuid import UUID

from tests.graphql_api.knowledge import Knowledge, Row
from tests.graphql_api.writing import Field

INT, TEXT, TIME, IDENTITY = "Int", "String", "timestamptz", "uuid"
COLUMNS = {
    "insights": {
        "id": INT, "public_id": IDENTITY, "external_key": TEXT, "title": TEXT, "description": TEXT, "content": TEXT,
        "source": TEXT, "author": TEXT, "category_id": INT, "priority": TEXT, "status": TEXT, "visibility": TEXT,
        "version": INT, "created_at": TIME, "updated_at": TIME, "published_at": TIME,
    },
    "categories": {
        "id": INT, "name": TEXT, "slug": TEXT, "description": TEXT, "parent_id": INT, "color": TEXT, "icon": TEXT,
        "created_at": TIME, "updated_at": TIME, "version": INT,
    },
    "tags": {
        "id": INT, "name": TEXT, "slug": TEXT, "description": TEXT, "color": TEXT, "created_at": TIME,
        "usage_count": INT, "version": INT,
    },
}  # fmt: skip
ONE = {"insights": {"category": "categories"}, "categories": {"parent": "categories"}, "tags": {}}
MANY = {
    "insights": {"tags": "tags"},
    "categories": {"children": "categories", "insights": "insights", "subtree": "categories"},
    "tags": {"insights": "insights"},
}
Truth = bool | None
COMPARED: Mapping[str, Callable[[Any, Any], bool]] = {
    "_eq": lambda a, b: a == b,
    "_neq": lambda a, b: a != b,
    "_gt": lambda a, b: a > b,
    "_gte": lambda a, b: a >= b,
    "_lt": lambda a, b: a < b,
    "_lte": lambda a, b: a <= b,
    "_in": lambda a, b: a in b,
    "_nin": lambda a, b: a not in b,
    "_like": lambda a, b: bool(re.fullmatch(like(b), a, re.DOTALL)),
    "_ilike": lambda a, b: bool(re.fullmatch(like(b), a, re.DOTALL | re.IGNORECASE)),
    "_similar": lambda a, b: bool(re.fullmatch(similar(b), a, re.DOTALL)),
    "_regex": lambda a, b: bool(re.search(b.replace("$", r"\Z"), a, re.DOTALL)),
    "_iregex": lambda a, b: bool(re.search(b.replace("$", r"\Z"), a, re.DOTALL | re.IGNORECASE)),
}


class Bag(list[Any]):
    """Rows in no order."""


def like(pattern: str) -> str:
    """A LIKE pattern as Python has it: % and _ are wildcards, a backslash takes the next sign as it is."""
    return re.sub(r"\\(.)|(%)|(_)|(.)", _sign, pattern, flags=re.DOTALL)


def _sign(found: re.Match[str]) -> str:
    escaped, many, one, other = found.groups()
    return ".*" if many else "." if one else re.escape(escaped or other)


def similar(pattern: str) -> str:
    """Of SIMILAR TO only %, _ and what regular expressions have too."""
    return pattern.replace("%", ".*").replace("_", ".")


def both(truths: Iterable[Truth]) -> Truth:
    found = list(truths)
    return False if False in found else None if None in found else True


def negated(truth: Truth) -> Truth:
    return None if truth is None else not truth


def either(truths: Iterable[Truth]) -> Truth:
    return negated(both(negated(truth) for truth in truths))


class Oracle:
    """Answers over the insights that somebody ``sees``."""

    def __init__(self, knowledge: Knowledge, sees: Callable[[Row], bool] = lambda row: True) -> None:
        insights = [row for row in knowledge.insights if sees(row)]
        seen = {row["id"] for row in insights}
        self.links = {pair for pair in knowledge.links if pair[0] in seen}
        carried = [tag for _, tag in self.links]
        tags = [tag | {"usage_count": carried.count(tag["id"])} for tag in knowledge.tags]
        self.rows: dict[str, list[Row]] = {"insights": insights, "categories": knowledge.categories, "tags": tags}

    def answer(self, selection: Sequence[Field]) -> dict[str, Any]:
        return {each.key: self._root(each) for each in selection}

    def _root(self, asked: Field) -> Any:
        if asked.name == "__typename":
            return "query_root"
        if asked.name.endswith("_by_pk"):
            table = asked.name.removesuffix("_by_pk")
            found = [row for row in self.rows[table] if row["id"] == asked.arguments["id"].plain]
            return self._row(table, found[0], asked.selection) if found else None
        table = asked.name.removesuffix("_aggregate")
        return self._many(asked, table, self.rows[table])

    def _row(self, table: str, row: Row, selection: Sequence[Field]) -> dict[str, Any]:
        return {each.key: self._member(table, row, each) for each in selection}

    def _member(self, table: str, row: Row, asked: Field) -> Any:
        if asked.name == "__typename":
            return table
        if asked.name in COLUMNS[table]:
            return shown(row[asked.name])
        if asked.name in ONE[table]:
            found = self.related(table, row, asked.name)
            return self._row(ONE[table][asked.name], found[0], asked.selection) if found else None
        name = asked.name.removesuffix("_aggregate")
        return self._many(asked, MANY[table][name], self.related(table, row, name))

    def related(self, table: str, row: Row, name: str) -> list[Row]:
        every, number = self.rows, row["id"]
        match table, name:
            case "insights", "category":
                return [other for other in every["categories"] if other["id"] == row["category_id"]]
            case "insights", "tags":
                return [other for other in every["tags"] if (number, other["id"]) in self.links]
            case "tags", "insights":
                return [other for other in every["insights"] if (other["id"], number) in self.links]
            case "categories", "insights":
                return [other for other in every["insights"] if other["category_id"] == number]
            case "categories", "parent":
                return [other for other in every["categories"] if other["id"] == row["parent_id"]]
            case "categories", "children":
                return [other for other in every["categories"] if other["parent_id"] == number]
        below = self.related(table, row, "children")
        return [row, *(deeper for child in below for deeper in self.related(table, child, "subtree"))]

    def _many(self, asked: Field, table: str, rows: list[Row]) -> Any:
        found = self._listed(table, rows, {name: given.plain for name, given in asked.arguments.items()})
        if not asked.name.endswith("_aggregate"):
            return type(found)(self._row(table, row, asked.selection) for row in found)
        return {each.key: self._part(table, found, each) for each in asked.selection}

    def _listed(self, table: str, rows: list[Row], given: Mapping[str, Any]) -> list[Row]:
        if given.get("where") is not None:
            rows = [row for row in rows if self.holds(table, row, given["where"])]
        keys = [key for item in given.get("order_by") or () for key in self._keys(table, item)]
        for value, direction in reversed(keys):
            rows = sorted(rows, key=cmp_to_key(lambda a, b, v=value, d=direction: compared(v(a), v(b), d)))
        if given.get("distinct_on"):
            rows = list({tuple(row[name] for name in given["distinct_on"]): row for row in reversed(rows)}.values())[
                ::-1
            ]
        rows = rows[given.get("offset") or 0 :]
        limit = given.get("limit")
        return (list if keys else Bag)(rows if limit is None else rows[:limit])

    def _keys(self, table: str, item: Mapping[str, Any]) -> list[tuple[Callable[[Row], Any], str]]:
        [(name, wanted)] = item.items()
        if wanted is None:
            return []
        if name in COLUMNS[table]:
            return [(lambda row: row[name], wanted)]
        if name in ONE[table]:
            inner = self._keys(ONE[table][name], wanted)
            return [(lambda row, v=value: self._of_one(table, row, name, v), direction) for value, direction in inner]
        return self._aggregate_keys(table, name.removesuffix("_aggregate"), wanted)

    def _of_one(self, table: str, row: Row, name: str, value: Callable[[Row], Any]) -> Any:
        found = self.related(table, row, name)
        return value(found[0]) if found else None

    def _aggregate_keys(self, table: str, name: str, wanted: Mapping[str, Any]) -> Any:
        [(function, direction)] = wanted.items()
        if function == "count":
            return [(lambda row: len(self.related(table, row, name)), direction)]
        [(column, direction)] = direction.items()
        return [(lambda row: aggregate(function, [r[column] for r in self.related(table, row, name)]), direction)]

    def _part(self, table: str, rows: list[Row], asked: Field) -> Any:
        if asked.name == "__typename":
            return f"{table}_aggregate"
        if asked.name == "nodes":
            return type(rows)(self._row(table, row, asked.selection) for row in rows)
        return {each.key: self._aggregated(table, rows, each) for each in asked.selection}

    def _aggregated(self, table: str, rows: list[Row], asked: Field) -> Any:
        if asked.name == "__typename":
            return f"{table}_aggregate_fields"
        given = {name: value.plain for name, value in asked.arguments.items()}
        if asked.name == "count":
            return count(rows, given.get("columns"), given.get("distinct"))
        kind = f"{table}_{asked.name}_fields"
        values = {each.key: [row.get(each.name) for row in rows] for each in asked.selection}
        return {
            each.key: kind if each.name == "__typename" else shown(aggregate(asked.name, values[each.key]))
            for each in asked.selection
        }

    def holds(self, table: str, row: Row, expression: Mapping[str, Any]) -> Truth:
        return both(self._holds(table, row, name, value) for name, value in expression.items())

    def _holds(self, table: str, row: Row, name: str, value: Any) -> Truth:
        if name in ("_and", "_or"):
            return (both if name == "_and" else either)([self.holds(table, row, part) for part in value])
        if name == "_not":
            return negated(self.holds(table, row, value))
        if name in COLUMNS[table]:
            return matches(row[name], value)
        others = ONE[table] | MANY[table]
        if name in others:
            return any(self.holds(others[name], other, value) for other in self.related(table, row, name))
        name, [wanted] = name.removesuffix("_aggregate"), value.values()
        found = [r for r in self.related(table, row, name) if self.holds(others[name], r, wanted.get("filter") or {})]
        return matches(count(found, wanted.get("arguments"), wanted.get("distinct")), wanted["predicate"])


def matches(operand: Any, comparison: Mapping[str, Any]) -> Truth:
    return both(_matches(operand, operator, value) for operator, value in comparison.items())


def _matches(operand: Any, operator: str, value: Any) -> Truth:
    if operator == "_is_null":
        return (operand is None) is value
    if value == []:
        return operator == "_nin"
    if operand is None:
        return None
    value = [_read(item, operand) for item in value] if isinstance(value, list) else _read(value, operand)
    if operator in COMPARED:
        return COMPARED[operator](operand, value)
    return not COMPARED[operator.replace("_n", "_", 1)](operand, value)


def _read(value: Any, operand: Any) -> Any:
    if isinstance(operand, datetime):
        return datetime.fromisoformat(value)
    return UUID(value) if isinstance(operand, UUID) else value


def compared(a: Any, b: Any, direction: str) -> int:
    """The order of two values under a direction."""
    way, _, nulls = direction.partition("_nulls_")
    if a is None or b is None:
        first = (nulls or ("last" if way == "asc" else "first")) == "first"
        return _nulls(a, b, first=first)
    return ((a > b) - (a < b)) * (1 if way == "asc" else -1)


def _nulls(a: Any, b: Any, *, first: bool) -> int:
    if a is None and b is None:
        return 0
    return -1 if (a is None) is first else 1


def count(rows: list[Row], columns: Sequence[str] | None, distinct: bool | None) -> int:
    if not columns:
        return len(rows)
    values = [tuple(row[name] for name in columns) for row in rows]
    if len(columns) == 1:
        values = [value for value in values if value[0] is not None]
    return len(set(values)) if distinct else len(values)


def aggregate(function: str, given: Sequence[Any]) -> Any:
    values = [value for value in given if value is not None]
    if not values:
        return None
    if function in ("sum", "min", "max"):
        return {"sum": sum, "min": min, "max": max}[function](values)
    if function in ("stddev", "stddev_samp", "variance", "var_samp"):
        sampled = stdev if function.startswith("stddev") else variance
        return float(sampled(values)) if len(values) > 1 else None
    return float({"avg": mean, "stddev_pop": pstdev, "var_pop": pvariance}[function](values))


def shown(value: Any) -> Any:
    """As JSON has it; of a time only as many digits as it needs."""
    if isinstance(value, datetime):
        head, dot, digits = value.isoformat().removesuffix("+00:00").partition(".")
        return f"{head}{dot}{digits.rstrip('0')}+00:00"
    return str(value) if isinstance(value, UUID) else value
