"""What one key of a group is in SQL: its value of a row, all the values it can have, its order, its fields."""

from collections.abc import Iterator, Sequence

from app.graphql_api.compiler.calendar import Calendar
from app.graphql_api.compiler.rows import Row
from app.graphql_api.grouping import Bucket, Key, Other, Text, Tokens, Unit


def joined(key: Key, row: Row) -> str:
    """The table through which a row of another one is found, joined: rows without any stay."""
    if not isinstance(key, Other) or not key.relationship.link:
        return ""
    table, own, _ = key.relationship.link
    return f" LEFT JOIN {table} {_link(row)} ON {_link(row)}.{own} = {row.column('id')}"


def value(key: Key, row: Row, calendar: Calendar) -> str:
    """The key of a row; of another table's row its id, of a unit of the calendar its first day."""
    match key:
        case Tokens() | Text():
            return row.column(key.name)
        case Bucket():
            return calendar.bucket(key.unit, row.column(key.column))
        case Other():
            if key.relationship.link:
                return f"{_link(row)}.{key.relationship.link[2]}"
            return row.column(str(key.relationship.key))


def ranking(key: Key, column: str) -> str | None:
    """For a key that is sorted by name: a query of its values ``k`` and their ``place``. Names are folded once, and not
    for each group."""
    match key:
        case Text():
            values = f"SELECT DISTINCT {column} AS k FROM counted"
            return f"SELECT k, row_number() OVER (ORDER BY folded(k), k) AS place FROM ({values}) given"
        case Other():
            table = key.relationship.table
            return f"SELECT id AS k, row_number() OVER (ORDER BY folded(name)) AS place FROM {table}"
    return None


def sorting(key: Key, column: str) -> str:
    """What groups are sorted by, for one key; null where it is null."""
    match key:
        case Tokens():
            return f"array_position({_array(key)}, {column}::text)"
        case Bucket():
            return column
        case Text() | Other():
            return f"{ranks(key)}.place"


def ranks(key: Key) -> str:
    """The name of the key's `ranking`."""
    return f"ranked_{key.name}"


def every(key: Key, column: str, calendar: Calendar, ends: tuple[str, str], most: int) -> str:
    """All the values ``k`` of a key, as a query: those that there could be, or else those of the ``counted`` groups.

    Null is one of them only where it occurs. ``ends`` are instants between which all rows lie, or nulls.
    """
    null = f"SELECT {column} FROM counted WHERE {column} IS NULL"
    match key:
        case Tokens():
            return f"SELECT unnest({_array(key)}) AS k"
        case Text():
            return f"SELECT DISTINCT {column} AS k FROM counted"
        case Other():
            return f"SELECT id AS k FROM {key.relationship.table} UNION {null}"
        case Bucket():
            return f"{_buckets(key, column, calendar, ends, most)} UNION {null}"


def _buckets(key: Bucket, column: str, calendar: Calendar, ends: tuple[str, str], most: int) -> str:
    first, last = (calendar.bucket(key.unit, end) for end in ends)
    seen = f"SELECT coalesce({first}, min({column})) AS first, coalesce({last}, max({column})) AS last FROM counted"
    days = f"(SELECT day::date AS k FROM ({seen}) ends, {calendar.series(key.unit, 'first', 'last', most)} day) days"
    skipped = f" WHERE {calendar.exists('k')}" if key.unit is Unit.DAY else ""
    return f"SELECT k FROM {days}{skipped}"


def together(keys: Sequence[Key], columns: Sequence[str], calendar: Calendar) -> Iterator[str]:
    """Conditions on the keys of one group: units of one timestamp share a day, or there is no timestamp."""
    buckets = [(key, column) for key, column in zip(keys, columns, strict=True) if isinstance(key, Bucket)]
    for place, (one, a) in enumerate(buckets):
        for other, b in buckets[place + 1 :]:
            if one.column == other.column:
                share = f"{a} < {calendar.next(other.unit, b)} AND {b} < {calendar.next(one.unit, a)}"
                yield f"coalesce({share}, {a} IS NULL AND {b} IS NULL)"


def _link(row: Row) -> str:
    return f"{row.alias}_link"


def _array(key: Tokens) -> str:
    tokens = ", ".join(f"'{token}'" for token in key.tokens)
    return f"ARRAY[{tokens}]::text[]"
