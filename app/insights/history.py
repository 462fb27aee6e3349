"""The states that an insight was in, worked out from the stored one and from what each change replaced.

A state maps `FIELDS` to values as JSON has them: ``category_id`` and ``owner_id`` are ids or None, ``tags`` a sorted
list of ids, times are texts (RFC 3339). A revision's ``changes`` maps the fields that it touched to what was there
before (`docs/reference/revisions.md`). Nothing here reads the database.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from hashlib import md5
from itertools import accumulate
from typing import Any, NamedTuple

LONG_TEXTS = ("description", "content")
FIELDS = (
    "title", "description", "content", "source", "author", "category_id", "priority", "status", "visibility",
    "owner_id", "metadata", "external_key", "created_at", "published_at", "tags",
)  # fmt: skip

State = Mapping[str, Any]
Changes = Mapping[str, Any]


class DamagedHistory(Exception):
    """What a revision holds doesn't lead back to what was there: somebody wrote past the triggers."""


class Difference(NamedTuple):
    """One field that isn't the same in two states."""

    field: str
    before: Any
    after: Any


def older_text(newer: str | None, was: Any) -> str | None:
    """A text as it was before a change, from the text after it: ``was`` is the older text itself, None, or its delta
    with the fingerprint of what must come out. Raises `DamagedHistory`."""
    if was is None or isinstance(was, str):
        return was
    try:
        older = "".join(_piece(newer or "", part) for part in was["delta"])
        expected = was["md5"]
    except (KeyError, TypeError, ValueError) as error:
        raise DamagedHistory("a text's delta is malformed") from error
    if md5(older.encode(), usedforsecurity=False).hexdigest() != expected:
        raise DamagedHistory("a text's fingerprint is another than that of what its delta gives")
    return older


def _piece(newer: str, part: str | Sequence[int]) -> str:
    """Literal text, or so many characters of the newer text."""
    if isinstance(part, str):
        return part
    start, length = part
    return newer[start : start + length]


def state_before(state: State, changes: Changes) -> State:
    """One step back: the state that a change with these ``changes`` replaced."""
    return {**state, **{field: _was(state.get(field), field, value) for field, value in changes.items()}}


def _was(newer: Any, field: str, value: Any) -> Any:
    return older_text(newer, value) if field in LONG_TEXTS else value


def states(head: State, changes: Iterable[Changes]) -> Iterator[State]:
    """The state after each revision, newest first, from the ``changes`` of all revisions, newest first. The first is
    the stored one; there is one more than revisions were given, the last being what was before all of them."""
    return accumulate(changes, state_before, initial=head)


def differences(before: State, after: State) -> list[Difference]:
    """Where two states differ, in the order of `FIELDS`."""
    pairs = ((field, before.get(field), after.get(field)) for field in FIELDS)
    return [Difference(field, was, now) for field, was, now in pairs if not same(was, now)]


def same(stored: Any, given: Any) -> bool:
    """Whether Postgres would store the given value as the one that it has: 1e5 is 100000 to it, but 1 is not true."""
    if isinstance(stored, Mapping) and isinstance(given, Mapping):
        return stored.keys() == given.keys() and all(same(stored[key], given[key]) for key in stored)
    if isinstance(stored, list) and isinstance(given, list):
        return len(stored) == len(given) and all(map(same, stored, given))
    if isinstance(stored, bool) or isinstance(given, bool):
        return stored is given
    if isinstance(stored, (int, float)) and isinstance(given, (int, float)):
        return Decimal(repr(stored)) == Decimal(repr(given))
    return bool(stored == given)
