"""Groups without rows: all that the keys could be, less those that were counted."""

from collections.abc import Iterator
from typing import Any

from app.graphql_api.compiler import group_keys
from app.graphql_api.compiler.bounds import NO_ENDS, ends
from app.graphql_api.compiler.group_objects import Grouping
from app.graphql_api.compiler.statement import Statement
from app.graphql_api.grouping import Bucket, Key


def filling(statement: Statement, grouping: Grouping, where: Any, place: str, most: int) -> Iterator[str]:
    """Queries by name: ``possible`` has the keys of all groups that there could be (of too many, some more than
    ``most``), ``filled`` all groups. They read ``counted``, the groups that have rows."""
    columns = grouping.columns
    for key in grouping.keys:
        bounds = ends(statement, where, key.column, place) if isinstance(key, Bucket) else NO_ENDS
        values = group_keys.every(key, columns[key.name], grouping.calendar, bounds, most)
        yield f"{_values(key)} AS MATERIALIZED ({values})"
    yield f"possible AS MATERIALIZED ({_possible(grouping, most)})"
    names = ", ".join(columns.values())
    yield f"missing AS (SELECT {names} FROM possible EXCEPT SELECT {names} FROM counted)"
    yield f"filled AS (SELECT * FROM counted UNION ALL {_empty(statement, grouping)})"


def _possible(grouping: Grouping, most: int) -> str:
    """Every key with every other."""
    values = [f"{_values(key)}.k" for key in grouping.keys]
    named = ", ".join(f"{value} AS {column}" for value, column in zip(values, grouping.columns.values(), strict=True))
    sources = " CROSS JOIN ".join(_values(key) for key in grouping.keys)
    wanted = " AND ".join(group_keys.together(grouping.keys, values, grouping.calendar)) or "true"
    return f"SELECT {named} FROM {sources} WHERE {wanted} LIMIT {most + 1}"


def _empty(statement: Statement, grouping: Grouping) -> str:
    """The groups that are missing, with the aggregates of no rows."""
    row = grouping.row
    aggregates = ", ".join(f"{sql} AS a{place}" for place, sql in enumerate(grouping.aggregates))
    nothing = f"SELECT {aggregates} FROM {row.seen_table(statement)} {row.alias} WHERE false GROUP BY ()"
    return f"SELECT missing.*, 0, nothing.* FROM missing CROSS JOIN ({nothing}) nothing"


def _values(key: Key) -> str:
    return f"each_{key.name}"
