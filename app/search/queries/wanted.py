"""What is asked for: a text in the query language, structured filters, and how much of the answer."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, NamedTuple, Self

from app.core.clock import now
from app.errors import Invalid
from app.insights.queries.listing import InsightFilter
from app.insights.schemas import NEWEST_FIRST
from app.search.language.parser import parse
from app.search.language.tree import Query, wanted_text
from app.search.schemas.searches import RELEVANCE

EXACT_TOTAL = 5_000
NO_FILTER = InsightFilter()
NOTHING = Query("", None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """Filters and a text, which must both hold. ``order`` is what a parameter asks for: it wins over the text's."""

    wanted: InsightFilter = NO_FILTER
    query: Query = NOTHING
    order: str | None = None

    @classmethod
    def of(cls, arguments: Mapping[str, Any], path: tuple[str, ...] = ("query",), where: str = "body") -> Self:
        """From loaded arguments, whatever else they hold. Raises `Invalid` with the positions of what is wrong in the
        text, which is found under ``path`` in the input ``where``."""
        text = (arguments.get(path[-1]) or "").strip()
        query = _parsed(text, path, where) if text else NOTHING
        return cls(wanted=InsightFilter.of(arguments), query=query, order=arguments.get("sort"))

    @property
    def has_text(self) -> bool:
        """Whether words or phrases are looked for, and not conditions alone; or signs, as they stand."""
        signs = self.query.root is None and self.query.sort is None and bool(self.query.text)
        return signs or next(wanted_text(self.query.root), None) is not None

    @property
    def asks(self) -> bool:
        """Whether the text asks for anything but an order."""
        return self.has_text or self.query.root is not None

    @property
    def given(self) -> dict[str, Any]:
        """The filters that are set, and the text as ``q``."""
        return {**self.wanted.given, **({"q": self.query.text} if self.query.text else {})}

    @property
    def by_relevance(self) -> bool:
        return self.has_text and (self.order or self.query.sort or RELEVANCE) == RELEVANCE

    @property
    def column_order(self) -> str:
        """The order by a column that it asks for, or that stands in for relevance."""
        order = self.order or self.query.sort
        return NEWEST_FIRST if order in (None, RELEVANCE) else order


class Portion(NamedTuple):
    """A page by its number; ``skip`` is how many come before it. ``asked`` is the parameter that says so, and the input
    that has it."""

    page: int = 1
    page_size: int = 20
    skip: int = 0
    asked: tuple[str, str] = ("page", "body")

    @property
    def end(self) -> int:
        return self.skip + self.page_size


class Wishes(NamedTuple):
    """What the answer shall hold beside the insights; ``facets`` None: where there is text.

    Up to ``exact_total`` matches are counted exactly."""

    facets: bool | None = None
    explain: bool = False
    exact_total: int = EXACT_TOTAL


def _parsed(text: str, path: tuple[str | int, ...], where: str) -> Query:
    try:
        return parse(text, now())
    except Invalid as invalid:
        errors = [replace(error, path=(*path, *error.path[1:]), where=where) for error in invalid.errors]
        raise Invalid.because(errors) from invalid
