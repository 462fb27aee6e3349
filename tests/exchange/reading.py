"""Shorthands for what a reader finds."""

from app.exchange.mapping import Names
from app.exchange.records import Reader
from app.exchange.rows import Defaults, Row, row_of


def problems(reader: Reader) -> list[str]:
    return [str(record.problem) for record in reader if record.problem is not None]


def values(reader: Reader) -> list[dict[str, object]]:
    return [dict(record.values) for record in reader if record.problem is None]


def rows(reader: Reader, names: Names | None = None) -> list[Row]:
    return [row_of(record, names or Names(), Defaults()) for record in reader]
