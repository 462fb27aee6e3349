"""What insights can be grouped by: columns with few values, texts, rows of other tables, units of the calendar."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from app.graphql_api.model import INSIGHTS, Relationship
from app.identity.permissions import Visibility
from app.insights.models import Priority, Status

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
TIMES = ("created_at", "updated_at", "published_at")


class Unit(StrEnum):
    """A unit of the calendar. Weeks start with any weekday."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"


@dataclass(frozen=True, slots=True)
class Tokens:
    """A column that holds one of a few ``tokens``, in their own order."""

    name: str
    tokens: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Text:
    """A column that holds any text."""

    name: str


@dataclass(frozen=True, slots=True)
class Other:
    """A row of another table; an insight with several of them is counted under each."""

    name: str
    relationship: Relationship


@dataclass(frozen=True, slots=True)
class Bucket:
    """The unit of the calendar in which a timestamp lies."""

    column: str
    unit: Unit

    @property
    def name(self) -> str:
        return f"{self.column}_{self.unit}"


Key = Tokens | Text | Other | Bucket

_KEYS: tuple[Key, ...] = (
    Tokens("status", tuple(Status)),
    Tokens("priority", tuple(Priority)),
    Tokens("visibility", tuple(Visibility)),
    Other("category", INSIGHTS.relationships["category"]),
    Text("author"),
    Text("source"),
    Other("tag", INSIGHTS.relationships["tags"]),
    *(Bucket(column, unit) for column in TIMES for unit in Unit),
)
KEYS: Mapping[str, Key] = {key.name: key for key in _KEYS}
