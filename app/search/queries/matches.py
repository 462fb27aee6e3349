"""What is known of a search's matches before a page of them is read: the best ones, how many there are, all of them
when they are few."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

from app.core.db import read_rows
from app.identity.audience import Audience
from app.search.queries.candidates import SMALL_TABLE
from app.search.queries.conditions import FOUND_BY_TOKENS, Compiled, compiled, matching_ids_sql
from app.search.queries.ranking import Hit, Ranking, ranked
from app.search.queries.totals import estimated, matching
from app.search.queries.wanted import Search
from app.search.queries.words import Understood, understand

AMONG = "i.id = ANY (CAST(:matched_ids AS int[]))"
ONLY_IDS = "SELECT id FROM ({found}) found"
IDS = f"{ONLY_IDS} LIMIT :most_counted"
# Of what has no words.
UNRANKED = Ranking([], complete=False, found=None)
# What is found by the index costs its document and its insight.
READS_EACH = 2
# Estimates may be wrong by that much: it is worth a try to count.
SLACK = 1.5


class Condition(NamedTuple):
    """SQL on an insight ``i``, and what it binds."""

    sql: str
    bound: dict[str, object]


class AllMatches(NamedTuple):
    """A statement for ids, what it binds, and the text as it was understood, when that is another than was typed."""

    sql: str
    bound: dict[str, object]
    corrected: str | None


@dataclass(frozen=True, slots=True)
class Matches:
    """``ranking``: the best of them, None without text. ``ids``: all of them; None when they are many, and without
    text. ``estimate``: about how many, where they were not counted."""

    search: Search
    audience: Audience
    understood: Understood
    compiled: Compiled
    ranking: Ranking | None
    ids: Sequence[int] | None
    estimate: float | None = None

    @property
    def hits(self) -> Sequence[Hit]:
        return self.ranking.hits if self.ranking else ()

    @property
    def found(self) -> int | None:
        """How many there are, when that is known."""
        if self.ids is not None:
            return len(self.ids)
        return self.ranking.found if self.ranking else None

    def condition(self, depth: int) -> Condition:
        """The condition on an insight ``i`` that the audience sees and that matches, for reading ``depth`` matches in
        an order by a column.

        When many match, walking the order until there are enough is best; when few do, looking them all up.
        """
        seen, bound = self.search.wanted.where(self.audience), self.search.wanted.parameters | self.audience.parameters
        if self.ids is not None:
            return Condition(f"{seen} AND {AMONG}", {**bound, "matched_ids": list(self.ids)})
        bound |= self.compiled.parameters
        if self._rare_for(depth):
            found = ONLY_IDS.format(found=FOUND_BY_TOKENS.format(column="created_at", where=self.compiled.matches))
            return Condition(f"{seen} AND i.id IN ({found})", bound | {"tokens": self.compiled.tokens})
        return Condition(f"{seen} AND {matching(self.compiled)}", bound)

    def _rare_for(self, depth: int) -> bool:
        """Whether the index would be read less than the insights in order."""
        most, documents = self.compiled.most, self.understood.documents
        if self.compiled.tokens is None or most is None or self.estimate is None:
            return False
        return depth * documents / max(self.estimate, 1) > most * READS_EACH

    @property
    def matched(self) -> str | None:
        """How the best hit has the text, if any; what has no words to rank by is found as a whole, or not at all."""
        if self.ranking is None:
            return None
        if self.understood.as_it_stands or self.understood.infix:
            return "substring"
        return "partial" if self.hits and not self.hits[0].strict else "words"


def matches_of(audience: Audience, search: Search, most: int, exact_total: int, *, explain: bool = False) -> Matches:
    """Look for a text: its best ``most`` matches in order; up to ``exact_total`` of them are counted.

    Two to seven round trips; without text none or one.
    """
    understood = understand(audience, search.query)
    query = compiled(understood, audience)
    known = partial(Matches, search, audience, understood, query)
    if not search.has_text:
        return known(None, None)
    rank = partial(ranked, audience, understood, query, search.wanted, most, explain=explain)
    ranking = UNRANKED if understood.as_it_stands else rank()
    if ranking.complete:
        return known(ranking, [hit.insight_id for hit in ranking.hits])
    about = 0.0 if understood.as_it_stands else estimated(audience, search.wanted, understood, query)
    if not _countable(understood, query, about, exact_total):
        return known(ranking, None, max(about, len(ranking.hits)))
    ids = _ids(audience, search, query, exact_total + 1)
    if len(ids) <= exact_total:
        return known(ranking, ids)
    return known(ranking, None, max(about or estimated(audience, search.wanted, understood, query), len(ids)))


def matching_sql(audience: Audience, search: Search) -> AllMatches:
    """A statement for the ``id`` of every match. A text is looked up for it."""
    understood = understand(audience, search.query)
    found, bound = matching_ids_sql(compiled(understood, audience), audience, search.wanted)
    return AllMatches(found, bound, understood.corrected)


def _countable(understood: Understood, query: Compiled, about: float, exact_total: int) -> bool:
    """Whether there may be few enough, and looking is quick: what the index names is read, each from two tables."""
    most = exact_total * SLACK
    few = query.tokens is not None and query.most is not None and query.most <= most
    return (few or understood.as_it_stands or understood.documents <= SMALL_TABLE) and about <= most


def _ids(audience: Audience, search: Search, query: Compiled, most: int) -> list[int]:
    found, parameters = matching_ids_sql(query, audience, search.wanted)
    return [row.id for row in read_rows(IDS.format(found=found), **parameters, most_counted=most)]
