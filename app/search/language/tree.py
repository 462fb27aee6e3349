"""What a query means, as a tree. Positions count characters from 0 in the text that was typed."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

Operator = Literal["=", "<", "<=", ">", ">="]


@dataclass(frozen=True, slots=True)
class Word:
    """A word to find, whatever its inflexion. Wanted, but an insight that has only others of a sequence is found, too.

    ``prefix``: it ends the text, so that it may be the beginning of a word.
    """

    text: str
    start: int
    prefix: bool = False

    @property
    def end(self) -> int:
        return self.start + len(self.text)


@dataclass(frozen=True, slots=True)
class Phrase:
    """Words that must stand there one after the other, exactly as written but for case and accents."""

    text: str
    start: int


@dataclass(frozen=True, slots=True)
class Period:
    """From ``since`` (included) until ``until`` (excluded), UTC; None is open."""

    since: datetime | None
    until: datetime | None


@dataclass(frozen=True, slots=True)
class Condition:
    """A field's condition. ``values`` are alternatives: tokens, names, or one `Period`.

    ``exact`` asks for the category itself, without those below it, and for the author's whole name.
    """

    field: str
    values: tuple[str | Period, ...]
    operator: Operator = "="
    exact: bool = False


@dataclass(frozen=True, slots=True)
class Not:
    """What must not hold."""

    node: "Node"


@dataclass(frozen=True, slots=True)
class Every:
    """What was joined by AND: all of it must hold."""

    nodes: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class Sequence:
    """What stands side by side: everything must hold but for words, of which one is enough when there is no other text
    (a phrase, an OR, a group) that must hold. The more of them an insight has, the better."""

    nodes: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class Either:
    """What was joined by OR: one of it must hold."""

    nodes: tuple["Node", ...]


Node = Word | Phrase | Condition | Not | Every | Sequence | Either


@dataclass(frozen=True, slots=True)
class Query:
    """A parsed text. ``root`` is None when it asks for nothing; ``sort`` is the order that it names, if any."""

    text: str
    root: Node | None
    sort: str | None = None


def wanted_text(node: Node | None) -> Iterator[Word | Phrase]:
    """The words and phrases that are looked for, those behind a NOT left out, in the order in which they stand."""
    match node:
        case Word() | Phrase():
            yield node
        case Every(nodes) | Sequence(nodes) | Either(nodes):
            for part in nodes:
                yield from wanted_text(part)
