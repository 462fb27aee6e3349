"""The answer to a search (`SearchPage`): one page, how many matches there are, where the text stands, facets."""

from collections.abc import Iterator, Mapping, Sequence
from time import perf_counter
from typing import Any, NamedTuple

import orjson

from app.core.db import read_rows
from app.identity.audience import Audience
from app.insights.queries.keyset import Place, end
from app.insights.queries.keyset import Portion as After
from app.insights.queries.listing import FILTERED, insights_json, total
from app.insights.queries.representation import insights_of_page
from app.search.queries.facets import FACETS, Facets
from app.search.queries.highlights import WORDS, Marks, highlights
from app.search.queries.matches import Condition, Matches, matches_of
from app.search.queries.paging import Page, end_of_all, page_after, page_of
from app.search.queries.ranking import RANKED, Hit
from app.search.queries.totals import estimated, rounded
from app.search.queries.wanted import Portion, Search, Wishes

FIRST, PLAIN = Portion(), Wishes()
DIGITS = 4
COUNTED = "(SELECT count(*) FROM (SELECT FROM insights i WHERE {where} LIMIT :exact_total + 1) fitting)"

STATEMENT = """
WITH {page}{faceted}
SELECT {counted} AS counted, {facets} AS facets, {ending}, shown.id, shown.body, shown.words
FROM (VALUES (1)) AS answer(row) LEFT JOIN (
  SELECT page.place, chosen.id, chosen.insight::text AS body, {words} AS words
  FROM page JOIN ({insights}) chosen USING (id)) shown ON true
ORDER BY shown.place"""


def search_json(audience: Audience, search: Search, portion: Portion = FIRST, wishes: Wishes = PLAIN) -> bytes:
    """One page by its number. Raises `Invalid` for one that is too deep.

    Without text, one statement; two when there are too many matches to count. With text, those that `matches_of` takes
    and one more.
    """
    if not search.asks and not wishes.facets:
        wanted, order = search.wanted, search.column_order
        return insights_json(audience, wanted, portion.page, portion.page_size, portion.skip, order)
    began = perf_counter()
    [answer] = answered(audience, search, [portion], wishes)
    return answer.json({"page": portion.page, "page_size": portion.page_size}, began)


def answered(audience: Audience, search: Search, portions: Sequence[Portion], wishes: Wishes) -> Iterator["Answer"]:
    """What `search_json` tells of each page, before it is JSON. They are ranked once; each is read when it is taken.
    Raises `Invalid` for one that is too deep."""
    deepest = max(portion.end for portion in portions)
    found = matches_of(audience, search, min(deepest, RANKED), wishes.exact_total, explain=wishes.explain)
    for portion in portions:
        yield Answer.read(found, page_of(found, portion), wishes)


def search_after(
    audience: Audience, search: Search, after: Place | None, page_size: int, wishes: Wishes = PLAIN
) -> After:
    """The matches that come next after a place in the search's order by a column, or the first ones."""
    began = perf_counter()
    found = matches_of(audience, search, page_size, wishes.exact_total, explain=wishes.explain)
    answer = Answer.read(found, page_after(found, after, page_size), wishes)
    return After(answer.json({"page_size": page_size}, began), end(answer.rows[0]))


class Told(NamedTuple):
    """What a search adds to an insight: nothing but empty ``highlights`` when it has no text."""

    score: float | None
    highlights: dict[str, list[str]]
    explanation: Mapping[str, object] | None = None


class Answer(NamedTuple):
    """What was found, and the rows that were read of it."""

    found: Matches
    page: Page
    wishes: Wishes
    marks: Marks | None
    facets: Facets | None
    rows: Sequence[Any]

    @classmethod
    def read(cls, found: Matches, page: Page, wishes: Wishes) -> "Answer":
        """In one statement; its first row, which is always there, also tells of the whole."""
        marks = Marks.of(found.understood) if found.ranking else None
        wanted = found.ranking is not None if wishes.facets is None else wishes.facets
        facets = Facets.of(found) if wanted else None
        counted = _counted(found)
        statement = STATEMENT.format(
            page=page.sql,
            faceted=facets.sql if facets else "",
            counted=counted.sql,
            facets=FACETS if facets else "NULL",
            ending=page.ending,
            words=WORDS.format(id="page.id") if marks else "NULL::text[]",
            insights=insights_of_page(found.audience.sources),
        )
        parts = (counted.bound, page.bound, facets.bound if facets else {}, marks.bound if marks else {})
        bound = {name: value for part in parts for name, value in part.items()}
        return cls(found, page, wishes, marks, facets, read_rows(statement, **bound, exact_total=wishes.exact_total))

    def json(self, place: Mapping[str, int], began: float) -> bytes:
        """The page; ``place`` says which one. What Postgres made of the insights goes out as it is."""
        total, exact = self.total()
        known: dict[str, object] = {"total": total, "total_relation": "exact" if exact else "estimate", **place}
        known["matched"] = self.found.matched if total else None
        pieces = {name: orjson.dumps(value) for name, value in known.items()}
        pieces["insights"] = b"[%b]" % b", ".join(self._bodies())
        if self.facets:
            pieces["facets"] = _with(self.rows[0].facets, {"sampled": total > self.facets.most})
        pieces["corrected_query"] = orjson.dumps(self.found.understood.corrected)
        pieces["took_ms"] = orjson.dumps(round((perf_counter() - began) * 1000, 1))
        return b"{%b}" % b", ".join(b'"%b": %b' % (name.encode(), value) for name, value in pieces.items())

    def total(self) -> tuple[int, bool]:
        """How many match, and whether that is exact."""
        found, counted = self.found, self.rows[0].counted
        if found.ranking is None:
            if not found.search.asks or counted <= self.wishes.exact_total:
                return int(counted), True
            about = estimated(found.audience, found.search.wanted, found.understood, found.compiled)
            return rounded(max(about, counted)), False
        shown = sum(row.id is not None for row in self.rows)
        number = end_of_all(self.page, shown) if found.found is None else found.found
        return (rounded(max(found.estimate or 0, shown)), False) if number is None else (number, True)

    def hits(self) -> Iterator[tuple[Any, Told]]:
        """The rows of the page in its order (``id``, ``body``: the insight as JSON), and what is told of each."""
        hits = {hit.insight_id: hit for hit in self.found.hits}
        for row in self.rows:
            if row.id is not None:
                yield row, self._told(row, hits.get(row.id))

    def _bodies(self) -> Iterator[bytes]:
        for row, told in self.hits():
            members: dict[str, object] = {"score": told.score, "highlights": told.highlights}
            if self.wishes.explain:
                members["explanation"] = told.explanation
            yield _with(row.body, members if self.marks else {})

    def _told(self, row: Any, hit: Hit | None) -> Told:
        if self.marks is None:
            return Told(None, {})
        places = highlights(self.marks, row.words or (), orjson.loads(row.body))
        return Told(round(hit.score, DIGITS) if hit else None, places, hit.parts if hit else None)


def _counted(found: Matches) -> Condition:
    """How many match; with text that is known, or nobody counts."""
    if found.ranking:
        return Condition("NULL", {})
    among = found.condition(0)
    if found.search.asks:
        return Condition(COUNTED.format(where=among.sql), among.bound)
    fitting = FILTERED.format(column="id", where=among.sql)
    number = total(found.audience, found.search.wanted.given)
    return Condition(f"(WITH {fitting} SELECT {number})", among.bound)


def _with(made: str, members: Mapping[str, object]) -> bytes:
    """An object that Postgres made, with more members."""
    return b"%b, %b" % (made.encode()[:-1], orjson.dumps(members)[1:]) if members else made.encode()
