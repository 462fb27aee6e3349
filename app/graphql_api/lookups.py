"""What must be known before an operation's statement can run: the hits of its searches.

A search ranks before anything is shown, in statements of its own (`app.search.queries`)."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from app.errors import FieldError, Invalid
from app.graphql_api.deadline import Deadline
from app.graphql_api.errors import Rejected
from app.graphql_api.language.values import given, known
from app.identity.audience import Audience
from app.search.queries.answer import Answer, answered
from app.search.queries.wanted import Portion, Search, Wishes

MOST_HITS = 100
# Enough to know how many there are.
ONE_HIT = Portion(1, 1)


@dataclass(frozen=True, slots=True)
class Page:
    """Some hits of a search; the numbers are constants or references. Where it is asked for tells no two apart."""

    limit: object
    offset: object
    place: str = field(compare=False)

    def portion(self, variables: Mapping[str, Any]) -> Portion:
        """Raises `Rejected` for numbers that no page has."""
        limit, offset = self._number("limit", self.limit, variables), self._number("offset", self.offset, variables)
        if limit > MOST_HITS:
            raise Rejected(f"a search shows {MOST_HITS} hits at most", f"{self.place}.args.limit")
        return Portion(1, limit, offset)

    def _number(self, name: str, value: object, variables: Mapping[str, Any]) -> int:
        number = known(value, variables)
        if number < 0:
            raise Rejected(f"expected a non-negative integer, but found {number}", f"{self.place}.args.{name}")
        return int(number)


@dataclass(slots=True)
class SearchLookup:
    """A search whose text is a constant or a reference, with all that an operation asks of it: it is ranked once.
    ``place`` is where it is asked for first."""

    query: object
    place: str
    pages: list[Page] = field(default_factory=list)
    counted: bool = False

    def page(self, page: Page) -> int:
        """The number of a page among all; the same one is read once."""
        if page not in self.pages:
            self.pages.append(page)
        return self.pages.index(page)

    def __call__(
        self, variables: Mapping[str, Any], audience: Audience, exact_total: int, deadline: Deadline
    ) -> Mapping[str, object]:
        """``pages``, each with ``ids``, ``scores`` and ``highlights``; where it is ``counted`` also ``total``, its
        ``total_relation`` and ``corrected_query``. Raises `Rejected` for a text that the language does not know."""
        pages = {page.portion(variables): page.place for page in self.pages} or {ONE_HIT: self.place}
        wishes = Wishes(facets=False, exact_total=exact_total)
        found = answered(audience, self._search(variables), list(pages), wishes)
        answers = dict(zip(pages, _in_time(found, pages.values(), deadline), strict=True))
        hits = [_hits(answers[page.portion(variables)]) for page in self.pages]
        return {"pages": hits, **(_summary(next(iter(answers.values()))) if self.counted else {})}

    def _search(self, variables: Mapping[str, Any]) -> Search:
        try:
            return Search.of({"query": known(self.query, variables)})
        except Invalid as invalid:
            raise _rejected(invalid, f"{self.place}.args.query") from invalid


def _in_time(found: Iterator[Answer], places: Iterable[str], deadline: Deadline) -> Iterator[Answer]:
    """Each page is read when it is taken. Raises `Rejected` for one that is too deep."""
    for place in places:
        deadline.check()
        try:
            yield next(found)
        except Invalid as invalid:
            raise _rejected(invalid, f"{place}.args.offset") from invalid


def _hits(answer: Answer) -> Mapping[str, object]:
    hits = list(answer.hits())
    return {
        "ids": [row.id for row, _ in hits],
        "scores": [told.score for _, told in hits],
        "highlights": [orjson.dumps(told.highlights).decode() for _, told in hits],
    }


def _summary(answer: Answer) -> Mapping[str, object]:
    total, exact = answer.total()
    return {
        "total": total,
        "total_relation": "exact" if exact else "estimate",
        "corrected_query": answer.found.understood.corrected,
    }


def _rejected(invalid: Invalid, place: str) -> Rejected:
    error = invalid.errors[0] if invalid.errors else FieldError((), invalid.detail)
    at = f" (at character {error.position + 1})" if error.position is not None else ""
    instead = f"; {error.suggestion!r} could stand there" if error.suggestion else ""
    return Rejected(f"{error.message}{at}{instead}", place)


def given_or(value: object, otherwise: int) -> object:
    """An argument, or what stands for one that is null or missing."""
    return value if given(value) else otherwise
