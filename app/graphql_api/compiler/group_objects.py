"""What a group shows: its keys, its count, aggregates of its rows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from app.graphql_api.compiler.calendar import Calendar
from app.graphql_api.compiler.cost import Cost
from app.graphql_api.compiler.json import Member, json_object
from app.graphql_api.compiler.objects import Made, Shape, aggregate_fields, row_object, typename
from app.graphql_api.compiler.rows import Row
from app.graphql_api.compiler.selections import TYPENAME, Selected, selected
from app.graphql_api.compiler.statement import Statement
from app.graphql_api.errors import Rejected
from app.graphql_api.grouping import KEYS, Bucket, Key, Other
from app.graphql_api.model import TABLES
from app.graphql_api.schema.grouped import BUCKET, GROUP

# The fields of a group that show a key, and the key.
SHOWN = {key.name: key for key in KEYS.values()} | {
    f"{key.name}_id": key for key in KEYS.values() if isinstance(key, Other)
}


@dataclass(frozen=True, slots=True)
class Grouping:
    """Rows, and what they are grouped by.

    A group is a row of SQL with the columns ``k0, k1, ...`` for the keys, ``n`` for the count and ``a0, a1, ...`` for
    the ``aggregates``, which are JSON.
    """

    row: Row
    keys: Sequence[Key]
    calendar: Calendar
    aggregates: list[str] = field(default_factory=list)

    @property
    def group(self) -> str:
        """The alias of a group."""
        return f"{self.row.alias}_group"

    @property
    def columns(self) -> Mapping[str, str]:
        """The columns of the keys, by their names."""
        return {key.name: f"k{place}" for place, key in enumerate(self.keys)}

    def column(self, key: Key, place: str) -> str:
        """Where a group holds a key. Raises `Rejected` for one that there is no grouping by; ``place`` asks for it."""
        if key.name not in self.columns:
            raise Rejected(f"{key.name!r} is not among the keys that are grouped by", place)
        return f"{self.group}.{self.columns[key.name]}"


def group_object(statement: Statement, grouping: Grouping, asked: Sequence[Selected]) -> Shape:
    """One group. What its rows must be asked for is added to the grouping's aggregates."""
    members, below = [], []
    for part in asked:
        key = SHOWN.get(part.name)
        if isinstance(key, Other) and part.name == key.name:
            made = _other(statement, key, grouping.column(key, part.place), part)
            members.append(Member(part.key, made.sql))
            below.append(made.cost)
        else:
            members.append(Member(part.key, _value(statement, grouping, part)))
    return Shape(json_object(members), below)


def _value(statement: Statement, grouping: Grouping, asked: Selected) -> str:
    if asked.name == TYPENAME:
        return typename(asked, GROUP).value
    if asked.name == "count":
        return f"{grouping.group}.n"
    if asked.name == "aggregate":
        grouping.aggregates.append(aggregate_fields(statement, grouping.row, asked))
        return f"{grouping.group}.a{len(grouping.aggregates) - 1}"
    key = SHOWN[asked.name]
    column = grouping.column(key, asked.place)
    return _bucket(statement, grouping.calendar, key, column, asked) if isinstance(key, Bucket) else column


def _other(statement: Statement, key: Other, column: str, asked: Selected) -> Made:
    row = Row.of(statement, TABLES[key.relationship.table])
    shape = row_object(statement, row, selected(statement, row.table.name, asked))
    wanted = f"{row.column('id')} = {column}"
    sql = f"(SELECT {shape.sql} FROM {row.seen_table(statement)} {row.alias} WHERE {wanted})"
    return Made(sql, Cost(below=shape.below))


def _bucket(statement: Statement, calendar: Calendar, key: Bucket, column: str, asked: Selected) -> str:
    values = {
        TYPENAME: f"'{BUCKET}'::text",
        "label": calendar.label(key.unit, column),
        "start": calendar.start(column),
        "end": calendar.start(calendar.next(key.unit, column)),
        "date": column,
    }
    members = [Member(part.key, values[part.name]) for part in selected(statement, BUCKET, asked)]
    return f"CASE WHEN {column} IS NOT NULL THEN {json_object(members)} END"
