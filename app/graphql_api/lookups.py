"""What must be known before an operation's statement can run: the hits of its searches.

A search ranks before anything is shown, in statements of its own (`app.search.queries`)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from app.errors import FieldError, Invalid
from app.graphql_api.errors import Rejected
from app.graphql_api.language.values import given, known
from app.identity.audience import Audience
from app.search.queries.answer import Answer, answered
from app.search.queries.wanted import Portion, Search, Wishes

MOST_HITS = 100


@dataclass(frozen=True, slots=True)
class SearchLookup:
    """A search whose text and page are constants or references."""

    query: object
    limit: object
    offset: object
    place: str

    def __call__(self, variables: Mapping[str, Any], audience: Audience, exact_total: int) -> Mapping[str, object]:
        """``ids``, ``scores`` and ``highlights`` of the page; ``total``, its ``total_relation``, ``corrected_query``.
        Raises `Rejected` for a text that the language does not know."""
        try:
            found = self._found(variables, audience, exact_total)
        except Invalid as invalid:
            raise Rejected(_sentence(invalid.errors[0]), f"{self.place}.args.query") from invalid
        total, exact = found.total()
        hits = list(found.hits())
        return {
            "ids": [row.id for row, _ in hits],
            "scores": [told.score for _, told in hits],
            "highlights": [orjson.dumps(told.highlights).decode() for _, told in hits],
            "total": total,
            "total_relation": "exact" if exact else "estimate",
            "corrected_query": found.found.understood.corrected,
        }

    def _found(self, variables: Mapping[str, Any], audience: Audience, exact_total: int) -> Answer:
        limit, offset = self._number("limit", self.limit, variables), self._number("offset", self.offset, variables)
        if limit > MOST_HITS:
            raise Rejected(f"a search shows {MOST_HITS} hits at most", f"{self.place}.args.limit")
        search = Search.of({"query": known(self.query, variables)})
        return answered(audience, search, Portion(1, limit, offset), Wishes(facets=False, exact_total=exact_total))

    def _number(self, name: str, value: object, variables: Mapping[str, Any]) -> int:
        number = known(value, variables)
        if number < 0:
            raise Rejected(f"expected a non-negative integer, but found {number}", f"{self.place}.args.{name}")
        return int(number)


def _sentence(error: FieldError) -> str:
    at = f" (at character {error.position + 1})" if error.position is not None else ""
    instead = f"; {error.suggestion!r} could stand there" if error.suggestion else ""
    return f"{error.message}{at}{instead}"


def given_or(value: object, otherwise: int) -> object:
    """An argument, or what stands for one that is null or missing."""
    return value if given(value) else otherwise
