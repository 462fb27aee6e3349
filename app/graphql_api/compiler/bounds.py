"""Between which instants a condition lets a timestamp be, as far as it says so plainly."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from app.graphql_api.compiler.statement import Statement
from app.graphql_api.language.values import given

FROM = {"_gte": "", "_gt": " + interval '1 microsecond'", "_eq": ""}
NO_ENDS = ("NULL::timestamptz", "NULL::timestamptz")
TO = {"_lte": "", "_lt": " - interval '1 microsecond'", "_eq": ""}


class Given(NamedTuple):
    """A comparison with a value, and its place in the request."""

    operator: str
    value: object
    place: str


def ends(statement: Statement, where: Any, column: str, place: str) -> tuple[str, str]:
    """The first and the last instant that are let through, as SQL; null where nothing or an infinite one is said.

    ``where`` was compiled before, so that what is no condition was refused.
    """
    found = list(_comparisons(where, column, place)) if given(where) else []
    return _end(statement, found, FROM, "max"), _end(statement, found, TO, "min")


def _comparisons(expression: Mapping[str, Any], column: str, place: str) -> Iterator[Given]:
    """Those that must hold whatever else does."""
    for operator, value in expression.get(column, {}).items():
        yield Given(operator, value, f"{place}.{column}.{operator}")
    for index, part in enumerate(expression.get("_and", ())):
        yield from _comparisons(part, column, f"{place}._and[{index}]")


def _end(statement: Statement, found: list[Given], shifts: Mapping[str, str], function: str) -> str:
    bounds = [
        f"{statement.bind(one.value, 'timestamptz', one.place)}{shifts[one.operator]}"
        for one in found
        if one.operator in shifts
    ]
    if not bounds:
        return NO_ENDS[0]
    return f"(SELECT {function}(b) FROM unnest(ARRAY[{', '.join(bounds)}]) b WHERE isfinite(b))"
