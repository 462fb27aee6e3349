"""Two people changed the same insight: what each did, and both together. Nothing here reads the database."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from merge3 import Merge3

from app.capture.typed import LONG, REASON, Texts, same
from app.taxonomy.forms import tag_names, tags_text

# Comparing lines may cost the square of their number; the cube where frequent ones (empty ones) are looked at each for
# itself, which the matcher therefore doesn't do.
MOST_LINES = 4_000
YOURS, BETWEEN, THEIRS = "<<<<<<< yours", "=======", ">>>>>>> stored now"


@dataclass(frozen=True, slots=True)
class Meeting:
    """A field that both changed: ``merged`` has both changes, None where they can't be put together. It is ``clean``
    when they don't touch each other; else the marks stand where they do."""

    name: str
    yours: str
    theirs: str
    merged: str | None = None
    clean: bool = False


@dataclass(frozen=True, slots=True)
class Outcome:
    """What becomes of two changes: the ``settled`` texts of the fields that only one of them touched, the names of
    those that the others changed (``taken``), and the fields in which they meet."""

    settled: dict[str, str]
    taken: list[str]
    meetings: list[Meeting]


def put_together(before: Texts | None, yours: Texts, theirs: Texts) -> Outcome:
    """Field by field. Without what was there ``before``, nobody knows who changed what: everything that differs is a
    meeting."""
    settled: dict[str, str] = {}
    taken: list[str] = []
    meetings: list[Meeting] = []
    for name, text in yours.items():
        stored, was = theirs.get(name, ""), before.get(name, "") if before is not None else None
        if name == REASON or same(name, text, stored) or (was is not None and same(name, stored, was)):
            settled[name] = text
        elif was is not None and same(name, text, was):
            settled[name] = stored
            taken.append(name)
        else:
            meetings.append(_meeting(name, was, text, stored))
    return Outcome(settled, taken, meetings)


def _meeting(name: str, was: str | None, yours: str, theirs: str) -> Meeting:
    if was is not None and name == "tags":
        return Meeting(name, yours, theirs, _tags(was, yours, theirs), clean=True)
    if was is None or name not in LONG or max(text.count("\n") for text in (was, yours, theirs)) > MOST_LINES:
        return Meeting(name, yours, theirs)
    groups = list(Merge3(was.split("\n"), yours.split("\n"), theirs.split("\n")).merge_groups())
    clean = all(group[0] != "conflict" for group in groups)
    return Meeting(name, yours, theirs, "\n".join(_lines(groups)), clean)


def _lines(groups: Iterable[tuple[str, *tuple[Sequence[str], ...]]]) -> Iterator[str]:
    for _, *lines in groups:
        if len(lines) == 1:
            yield from lines[0]
        else:
            _, yours, theirs = lines
            yield from (YOURS, *yours, BETWEEN, *theirs, THEIRS)


def told_apart(text: str, other: str) -> list[tuple[str, bool]]:
    """The lines of a text, and of each whether the other one has it otherwise (of very long texts: no)."""
    lines, others = text.split("\n"), other.split("\n")
    if max(len(lines), len(others)) > MOST_LINES:
        return [(line, False) for line in lines]
    blocks = SequenceMatcher(None, lines, others).get_matching_blocks()
    same_lines = {block.a + step for block in blocks for step in range(block.size)}
    return [(line, place not in same_lines) for place, line in enumerate(lines)]


def marked(text: str) -> bool:
    """Whether a place still stands there twice."""
    return not {YOURS, THEIRS}.isdisjoint(text.splitlines())


def _tags(was: str, yours: str, theirs: str) -> str:
    """What is stored, without what you took off, with what you added."""
    before, mine = ({name.casefold() for name in tag_names(text)} for text in (was, yours))
    kept = [name for name in tag_names(theirs) if name.casefold() in mine or name.casefold() not in before]
    known = {name.casefold() for name in kept}
    added = [name for name in tag_names(yours) if name.casefold() not in before | known]
    return tags_text(kept + added)
