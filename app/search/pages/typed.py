"""What stands in the search box: what is wrong with it, and the texts that links put in its place."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import zip_longest
from typing import Any, Self

from app.errors import FieldError, Invalid
from app.search.language.composing import condition, has, narrowed, without
from app.search.language.correcting import corrected
from app.search.language.fields import SORTS
from app.search.language.parser import parse
from app.search.language.tree import Query, Word, wanted_text


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong. With the ``wrong`` part in the middle, the text is in three parts."""

    message: str
    before: str = ""
    wrong: str = ""
    after: str = ""

    @classmethod
    def of(cls, error: FieldError, text: str) -> Self:
        """A problem of the language, which says where it is."""
        if error.position is None or error.length is None:
            return cls(error.message)
        end = error.position + error.length
        return cls(error.message, text[: error.position], text[error.position : end], text[end:])


@dataclass(frozen=True, slots=True)
class Typed:
    """The text as it was typed, and its problems: while there are any, it can't be searched for. ``mended`` is the text
    with what could stand in the place of each wrong part."""

    text: str
    now: datetime
    problems: Sequence[Problem] = ()
    mended: str = ""

    @classmethod
    def of(cls, text: str, now: datetime, error: str | None) -> Self:
        """``error`` is what its field has to say: that it is too long, or holds what no text may."""
        if error is not None:
            return cls(text, now, (Problem(error),))
        try:
            parse(text, now)
        except Invalid as invalid:
            problems = tuple(Problem.of(found, text) for found in invalid.errors)
            return cls(text, now, problems, _mended(text, invalid.errors))
        return cls(text, now)

    @property
    def order(self) -> str | None:
        """The order that the text asks for, as the API calls it."""
        return None if self.problems else parse(self.text, self.now).sort

    @staticmethod
    def written(field: str, value: str, *, exact: bool = False) -> str:
        """A condition as it stands in a text; an ``exact`` one is about all of a name."""
        return condition(field, value, exact=exact)

    def has(self, written: str) -> bool:
        """Whether a condition is in force."""
        return bool(self.text) and has(self.text, written)

    def toggled(self, written: str) -> str:
        """The text with a condition, or without one that it has."""
        return without(self.text, written) if self.has(written) else narrowed(self.text, written, self.now)

    def as_written(self, corrected_query: str) -> str:
        """The text with the words in quotes that were replaced: words in quotes are never corrected."""
        query = parse(self.text, self.now)
        try:
            others = [word.text for word in _words(parse(corrected_query, self.now))]
        except Invalid:  # the better words made it too long
            others = []
        pairs = zip_longest(_words(query), others)
        return corrected(query, {word: f'"{word.text}"' for word, other in pairs if word and word.text != other})

    def kept(self, arguments: Mapping[str, Any], categories: Iterable[Any], tags: Iterable[Any]) -> str:
        """The text with the page's filters and order as conditions, for a saved search."""
        conditions = " ".join(_conditions(arguments, categories, tags))
        return narrowed(self.text, conditions, self.now) if conditions and not self.problems else self.text


def _mended(text: str, errors: Iterable[FieldError]) -> str:
    for error in sorted(errors, key=lambda error: error.position or 0, reverse=True):
        if error.position is not None and error.length is not None and error.suggestion is not None:
            text = text[: error.position] + error.suggestion + text[error.position + error.length :]
    return text.strip()


def _words(query: Query) -> Iterator[Word]:
    return (part for part in wanted_text(query.root) if isinstance(part, Word))


def _conditions(arguments: Mapping[str, Any], categories: Iterable[Any], tags: Iterable[Any]) -> Iterator[str]:
    for name in ("status", "priority", "visibility", "author"):
        if value := arguments.get(name):
            yield condition(name, str(value))
    for category in categories:
        if category["id"] == arguments.get("category_id"):
            yield condition("category", category["name"], exact=True)
    for tag in tags:
        if tag["id"] in (arguments.get("tag_ids") or ()):
            yield condition("tag", tag["name"])
    if order := next((name for name, sort in SORTS.items() if sort == arguments.get("sort")), None):
        yield condition("sort", order)
