"""How the best matches are looked for: all that match are scored where they are few; the insights that the filters
leave where those are few; else the documents that may be the best, and then the filters are asked of the best."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from app.core.db import read_rows
from app.identity.audience import Audience
from app.insights.queries.listing import InsightFilter
from app.search.queries.candidates import EXHAUSTIVE, Collection, Wish, at_tier, candidates, few_enough, union
from app.search.queries.conditions import Compiled
from app.search.queries.scoring import wish
from app.search.queries.words import Understood

# Filters that leave fewer insights than this are where a search begins.
NARROW = 12_000
SAMPLED = 2_000
# Words may keep company, so that many more documents are found than were expected.
MOST_SCORED = 10_000
# Words that nearly all documents have, often even, tell no document from another: then the newest are scored.
MOST_LOOKED_AT, DENSE = 9_000, 0.3
NEWEST = f"""
(SELECT * FROM search_documents WHERE stems @@ CAST(:tokens0 AS tsquery)
 ORDER BY insight_id DESC LIMIT {EXHAUSTIVE}) d"""

ABOUT_INSIGHT = re.compile(r"\bi\.")
BY_TOKENS = "search_tokens(stems, length) @@ CAST(:tokens{n} AS tsquery)"
# OFFSET 0: one after the other by their ids, whatever the planner believes of how many there will be. Inside, a set
# (of a tag's insights) is asked about one insight and not read whole.
INSIGHT = "(SELECT * FROM insights WHERE id = {of}.insight_id OFFSET 0) i"
DOCUMENT = "CROSS JOIN LATERAL (SELECT * FROM search_documents WHERE insight_id = {of} OFFSET 0) d"
FITS = "CROSS JOIN LATERAL (SELECT FROM {insight} WHERE {conditions} OFFSET 0) fits"

# The same insights at each call, or pages would differ.
SAMPLE = """
SELECT count(*) AS looked_at, count(fits.it) AS fitting
FROM (SELECT * FROM insights TABLESAMPLE SYSTEM (:percent) REPEATABLE (1)) picked
LEFT JOIN LATERAL (SELECT 1 AS it FROM (SELECT picked.* OFFSET 0) i WHERE {where} OFFSET 0) fits ON true"""
# Of one insight, that is; `UNCOUNTED` makes a set of all that have them.
HAS_GIVEN_TAGS = """
NOT EXISTS (
  SELECT FROM unnest(CAST(:tag_ids AS int[])) AS given(id) LEFT JOIN tag_aliases alias ON alias.former_id = given.id
  WHERE NOT EXISTS (SELECT FROM insight_tags has
                    WHERE has.insight_id = i.id AND has.tag_id = coalesce(alias.tag_id, given.id)))"""


@dataclass(frozen=True, slots=True)
class Plan:
    """Where the scored documents come from (a FROM and WHERE with a document ``d``), the join that says which of the
    scored ones ``s`` fit, how many are wanted, and whether these are all."""

    source: str
    fits: str
    tokens: tuple[str, ...]
    most: int
    complete: bool


@dataclass(frozen=True, slots=True)
class Request:
    """What is ranked, as SQL. ``filters`` and ``each`` say the same of an insight ``i``: the first finds all that fit,
    the second is quick to ask of one."""

    compiled: Compiled
    wish: Wish
    filters: str
    each: str
    bound: Mapping[str, object]

    @classmethod
    def of(cls, audience: Audience, understood: Understood, compiled: Compiled, wanted: InsightFilter) -> "Request":
        each = replace(wanted, tag_ids=()).where(audience)
        return cls(
            compiled=compiled,
            wish=wish(understood, compiled),
            filters=f"{wanted.where(audience)} AND {compiled.filters}",
            each=f"{each} AND {HAS_GIVEN_TAGS}" if wanted.tag_ids else each,
            bound={**compiled.parameters, **wanted.parameters, **audience.parameters},
        )

    @property
    def conditions(self) -> str:
        return f"{self.compiled.matches} AND {self.each}"

    @property
    def filtered(self) -> bool:
        return bool(ABOUT_INSIGHT.search(self.conditions))


def plan(request: Request, collection: Collection, most: int) -> Plan:
    """How to find the best ``most``; with filters it asks the database what part of the insights they leave."""
    if few_enough(request.wish, collection):
        return _exhaustive(request)
    if not request.filtered:
        return bounded(request, collection, most)
    share = _selectivity(request, collection)
    if share * collection.documents <= NARROW:
        return _narrow(request)
    return bounded(request, replace(collection, selectivity=share), most)


def _exhaustive(request: Request) -> Plan:
    tokens = request.compiled.tokens
    found = (
        f"(SELECT * FROM search_documents WHERE {BY_TOKENS.format(n=0)} OFFSET 0) d" if tokens else "search_documents d"
    )
    if ABOUT_INSIGHT.search(request.compiled.strict):
        source = f"{found} CROSS JOIN LATERAL {INSIGHT.format(of='d')} WHERE {request.conditions}"
    elif request.filtered:
        source = f"{found} {FITS.format(insight=INSIGHT.format(of='d'), conditions=request.conditions)}"
    else:
        source = f"{found} WHERE {request.conditions}"
    return Plan(source, "", (tokens,) if tokens else (), EXHAUSTIVE + 1, complete=True)


def _narrow(request: Request) -> Plan:
    insights = f"(SELECT * FROM insights i WHERE {request.filters} OFFSET 0) i"
    source = f"{insights} {DOCUMENT.format(of='i.id')} WHERE {request.compiled.matches}"
    return Plan(source, "", (), EXHAUSTIVE + 1, complete=True)


def bounded(request: Request, collection: Collection, most: int) -> Plan:
    """The documents that may be the best. What is asked of the documents is asked at once, what is asked of the
    insights of the best ones only."""
    loose = request.compiled.tokens or " | ".join(at_tier(unit.stems, 0) for unit in request.wish.units)
    found = candidates(request.wish, collection, most, loose)
    if found.widest > MOST_LOOKED_AT and union(request.wish.units, collection) > DENSE * collection.documents:
        return _fitting(request, NEWEST, (loose,), most)
    by_tokens = " OR ".join(BY_TOKENS.format(n=n) for n in range(len(found.tokens)))
    return _fitting(
        request, f"(SELECT * FROM search_documents WHERE {by_tokens} LIMIT {MOST_SCORED}) d", found.tokens, most
    )


def _fitting(request: Request, source: str, tokens: tuple[str, ...], most: int) -> Plan:
    if ABOUT_INSIGHT.search(request.compiled.strict):
        source = f"{source} CROSS JOIN LATERAL {INSIGHT.format(of='d')}"
    if ABOUT_INSIGHT.search(request.compiled.matches):
        both = f"{INSIGHT.format(of='s')} {DOCUMENT.format(of='s.insight_id')}"
        fits = FITS.format(insight=both, conditions=request.conditions)
        return Plan(source, fits, tokens, most, complete=False)
    fits = FITS.format(insight=INSIGHT.format(of="s"), conditions=request.each) if request.filtered else ""
    return Plan(f"{source} WHERE {request.compiled.matches}", fits, tokens, most, complete=False)


def _selectivity(request: Request, collection: Collection) -> float:
    """The part of the insights that the filters leave, from a sample of whole pages."""
    percent = min(100.0, 100.0 * SAMPLED / collection.documents)
    where = f"{request.each} AND {request.compiled.filters}"
    sample = read_rows(SAMPLE.format(where=where), **request.bound, percent=percent)[0]
    return float(sample.fitting / sample.looked_at) if sample.looked_at else 1.0
