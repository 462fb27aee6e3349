"""Two texts for the eye: the lines that differ, and in them the words. Nothing here reads the database."""

import difflib
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, zip_longest

from app.insights.unified import UNENDED, unified_diff

WORD = re.compile(r"\w+|\s+|[^\w\s]")
HUNK = re.compile(r"@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@")
# Comparing words may cost the square of their number; lines that share less than this are two different lines.
MOST_WORDS, ALIKE = 400, 0.3

Piece = tuple[str, bool]


@dataclass(frozen=True, slots=True)
class Side:
    """A line of one of the texts: its number, and its pieces, each with whether the other line lacks it."""

    number: int
    pieces: Sequence[Piece]


@dataclass(frozen=True, slots=True)
class Row:
    """A line before and after; one of them is None where a line was added or removed."""

    before: Side | None
    after: Side | None

    @property
    def same(self) -> bool:
        """Whether nothing changed here: the line is there for what is around it."""
        sides = (self.before, self.after)
        return not any(side is None or any(marked for _, marked in side.pieces) for side in sides)


@dataclass(frozen=True, slots=True)
class Hunk:
    """Lines that follow each other; ``skipped`` equal ones come before."""

    skipped: int
    rows: Sequence[Row]

    @property
    def runs(self) -> list[tuple[bool, list[Row]]]:
        """Its rows in runs of those that are the same and those that are not."""
        return [(same, list(rows)) for same, rows in groupby(self.rows, key=lambda row: row.same)]


def marked_diff(before: str, after: str) -> list[Hunk] | None:
    """Where two texts differ, with a few lines around; None when it is thousands of lines."""
    unified = unified_diff(before, after)
    return None if unified is None else list(_hunks(unified.split("\n")[:-1]))


def marked_words(before: str, after: str) -> tuple[Sequence[Piece], Sequence[Piece]]:
    """Two short texts, each in pieces with whether the other lacks them; without any in common when they are long."""
    old, new = WORD.findall(before), WORD.findall(after)
    if max(len(old), len(new)) > MOST_WORDS:
        return [(before, True)], [(after, True)]
    matcher = difflib.SequenceMatcher(None, old, new, autojunk=False)
    if matcher.ratio() < ALIKE:
        return [(before, True)], [(after, True)]
    codes = matcher.get_opcodes()
    return (
        [("".join(old[start:end]), code != "equal") for code, start, end, _, _ in codes if start < end],
        [("".join(new[start:end]), code != "equal") for code, _, _, start, end in codes if start < end],
    )


def _hunks(lines: Iterable[str]) -> Iterator[Hunk]:
    """The hunks of a unified diff."""
    told = 1
    rows: list[str] = []
    old = new = skipped = 0
    for line in lines:
        if found := HUNK.fullmatch(line):
            if rows:
                yield Hunk(skipped, list(_rows(rows, old, new)))
            old, new, rows = _first(found, 1), _first(found, 3), []
            skipped, told = max(0, old - told), old + _length(found, 1)
        elif line != UNENDED.rstrip("\n"):
            rows.append(line)
    if rows:
        yield Hunk(skipped, list(_rows(rows, old, new)))


def _length(found: re.Match[str], group: int) -> int:
    return 1 if found[group + 1] is None else int(found[group + 1])


def _first(found: re.Match[str], group: int) -> int:
    """The number of a hunk's first line: of no line, the diff names the one before."""
    return int(found[group]) + (_length(found, group) == 0)


def _rows(lines: Iterable[str], old: int, new: int) -> Iterator[Row]:
    """Removed lines beside those that were added in their place."""
    removed: list[str] = []
    added: list[str] = []
    for line in lines:
        if line[:1] in ("-", "+"):
            (removed if line[0] == "-" else added).append(line[1:])
            continue
        yield from _paired(removed, added, old, new)
        old, new = old + len(removed), new + len(added)
        removed, added = [], []
        yield Row(Side(old, [(line[1:], False)]), Side(new, [(line[1:], False)]))
        old, new = old + 1, new + 1
    yield from _paired(removed, added, old, new)


def _paired(removed: Sequence[str], added: Sequence[str], old: int, new: int) -> Iterator[Row]:
    for offset, (was, now) in enumerate(zip_longest(removed, added)):
        before, after = ([(was or "", True)], [(now or "", True)])
        if was is not None and now is not None:
            before, after = (list(pieces) for pieces in marked_words(was, now))
        yield Row(
            None if was is None else Side(old + offset, before),
            None if now is None else Side(new + offset, after),
        )
