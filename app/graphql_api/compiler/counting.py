"""Counts and other aggregates of rows."""

from typing import Any

from app.graphql_api.compiler.rows import Row
from app.graphql_api.language.values import given
from app.graphql_api.model import AVERAGES

VARIANTS = {"stddev": "stddev_samp", "variance": "var_samp"}


def count(row: Row, columns: Any, distinct: Any) -> str:
    """How many rows, or how many values of columns that are not null; of several columns the rows are values."""
    if not given(columns) or not columns:
        return "count(*)"
    named = ", ".join(row.column(column.name) for column in columns)
    value = named if len(columns) == 1 else f"({named})"
    return f"count({'DISTINCT ' if distinct is True else ''}{value})"


def aggregate(row: Row, function: str, column: str) -> str:
    """An aggregate of a column, as a number that JSON writes like one."""
    value = f"{VARIANTS.get(function, function)}({row.column(column)})"
    return f"{value}::float8" if function in AVERAGES else value
