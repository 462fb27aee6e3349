"""What lies between a file and the database: the fields, what a format read, and what is wrong with it."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

# The fields of an insight in files, in the order in which an export writes them.
CANONICAL = (
    "external_key", "public_id", "title", "description", "content", "source", "author", "category", "tags", "priority",
    "status", "visibility", "created_at", "updated_at", "published_at", "metadata",
)  # fmt: skip
# What a column may stand for that is no field: itself, in the metadata, or nothing.
KEPT, DROPPED = "kept", "dropped"


@dataclass(frozen=True, slots=True)
class Place:
    """Where something stands: a file and a line of it, counted from 1."""

    file: str
    line: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


@dataclass(frozen=True, slots=True)
class Problem:
    """An error or a warning; ``field`` is the name that the file uses, None when it concerns the whole row."""

    place: Place
    message: str
    code: str
    field: str | None = None

    def __str__(self) -> str:
        return ": ".join(str(part) for part in (self.place, self.field, self.message) if part is not None)


class Unreadable(Exception):
    """A row, or the rest of a file, that its format can't read."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(str(problem))
        self.problem = problem


@dataclass(frozen=True, slots=True)
class Record:
    """One row as its file has it, or the `problem` that kept it from being read.

    ``values`` is for fields that hold text: a number that the file leaves unquoted is the text it was written as.
    ``typed`` is for metadata and holds numbers as numbers. ``lines`` tells the line of a field where that differs from
    the row's. ``key`` is a stable name of the row from its file, for rows that name none. ``position`` is how much of
    the input lies behind, in the units of the format's ``total``.
    """

    place: Place
    position: int
    values: Mapping[str, Any] = field(default_factory=dict)
    typed: Mapping[str, Any] = field(default_factory=dict)
    lines: Mapping[str, int] = field(default_factory=dict)
    key: str | None = None
    problem: Problem | None = None


class Reader(Protocol):
    """A source of records; ``total`` is its size, in bytes or files."""

    total: int

    def __iter__(self) -> Iterator[Record]: ...


@dataclass(frozen=True, slots=True)
class Exported:
    """An insight on its way out: as JSON that Postgres made, and its metadata alone."""

    body: str
    metadata: str


Insights = Iterable[Exported]
