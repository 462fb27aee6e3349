"""The best matches of a query, in order: those with all words first, then by score."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import repeat
from typing import Any

from app.core.db import read_rows
from app.identity.audience import Audience
from app.insights.queries.listing import InsightFilter
from app.search.queries.candidates import EXHAUSTIVE, SMALL_TABLE, Collection
from app.search.queries.conditions import Compiled
from app.search.queries.explanations import explanation, word_scores
from app.search.queries.plans import Plan, Request, bounded, plan
from app.search.queries.refinement import REFINED, Scored, refined
from app.search.queries.scoring import parameters, scores
from app.search.queries.words import Understood

RANKED = 1_000
# Long texts are told apart by their rarest words; the others are not scored, the more so where documents are many.
MOST_UNITS, MOST_UNITS_OF_FEW = 24, 120

# In the order of their scores, so that the conditions are asked of no more of them than it takes.
BEST = """
SELECT array_agg(insight_id) AS ids, array_agg(strict) AS strict, array_agg(score::real) AS scores{more}
FROM (SELECT s.* FROM ({scores} ORDER BY strict DESC, score DESC, insight_id DESC) s {fits}
      ORDER BY s.strict DESC, s.score DESC, s.insight_id DESC LIMIT :most) best"""

COUNTED = ", array_agg(k) AS k, array_agg(frequencies) AS frequencies"


@dataclass(frozen=True, slots=True)
class Hit:
    """A match. ``strict``: it has all that is wanted; ``parts`` explain the score, when asked for."""

    insight_id: int
    score: float
    strict: bool
    parts: Mapping[str, object] | None = None


@dataclass(frozen=True, slots=True)
class Ranking:
    """The best first. ``complete``: the hits are all matches; ``found``: how many there are, when that is known."""

    hits: list[Hit]
    complete: bool
    found: int | None


def ranked(
    audience: Audience,
    understood: Understood,
    compiled: Compiled,
    wanted: InsightFilter,
    most: int = REFINED,
    *,
    explain: bool = False,
) -> Ranking:
    """At least the best ``most`` matches (no more than `RANKED`), or all when there are no more than 5,000.

    A ranking is as deep as its first 100 or 1,000 hits, so that pages agree. Two statements, each one round trip; one
    more with filters, and when the first candidates turn out too few.
    """
    request = Request.of(audience, understood, compiled, wanted)
    if not request.wish.units:
        return Ranking([], complete=False, found=None)
    collection = Collection(understood.documents, understood.average_length)
    chosen = plan(request, collection, REFINED if most <= REFINED else RANKED)
    best = _best(request, chosen, collection, explain=explain)
    if not chosen.complete and len(best) < chosen.most:
        best = _once_more(request, chosen, collection, explain=explain) or best
    complete = chosen.complete and len(best) <= EXHAUSTIVE
    again = refined(best if complete else best[:RANKED], understood, request.wish)
    hits = [Hit(hit.insight_id, hit.score, hit.strict, explanation(hit) if explain else None) for hit in again]
    return Ranking(hits, complete, len(best) if complete else None)


def _once_more(request: Request, tried: Plan, collection: Collection, *, explain: bool) -> list[Scored]:
    """Words meet less often than independent ones would: look among as many candidates as we take at most."""
    wider = bounded(request, replace(collection, selectivity=0.0), tried.most)
    return [] if wider.tokens == tried.tokens else _best(request, wider, collection, explain=explain)


def _best(request: Request, chosen: Plan, collection: Collection, *, explain: bool) -> list[Scored]:
    units = request.wish.units[: MOST_UNITS_OF_FEW if collection.documents <= SMALL_TABLE else MOST_UNITS]
    scored = scores(units, chosen.source, request.compiled.strict)
    statement = BEST.format(scores=scored, fits=chosen.fits, more=COUNTED if explain else "")
    bound: dict[str, Any] = {
        **request.bound,
        **parameters(units, collection.mean_length),
        "most": max(chosen.most, RANKED),
    }
    bound |= {f"tokens{n}": tokens for n, tokens in enumerate(chosen.tokens)}
    row = read_rows(statement, **bound)[0]
    if not row.ids:
        return []
    words = word_scores(units, row.k, row.frequencies) if explain else repeat(())
    return [Scored(*hit) for hit in zip(row.ids, row.strict, row.scores, words, strict=explain)]
