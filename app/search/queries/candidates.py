"""Which documents to score: few, with the best among them. Pure: nothing here asks the database.

The index holds each stem again for every tier of impact that it reaches in a document (`search_tokens`). From how many
documents have a stem at which tier follows how many can reach a score, if words were independent of one another; a
tsquery over tiers then finds just those.
"""

from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, groupby, product
from math import log, prod
from typing import NamedTuple

from app.search.queries.tsquery import bracketed, quoted

# BM25. The same constants are in `search_tokens`, where a change of them is a REINDEX.
K1, B, TITLE_WEIGHT = 1.2, 0.75, 3
SATURATED = K1 + 1
INDEXED_MEAN_LENGTH = 100.0
# The least impact of each tier, then the most that there is.
EDGES = (0.0, 1.2, 1.5, 1.65, 1.75, 1.85, 1.92, 1.97, SATURATED)

# Up to here all documents that have any of the words are scored.
EXHAUSTIVE = 5_000
SMALL_TABLE = 20_000
# How many candidates we want for each hit that is asked for, and at most. With many words twice as many, but no more
# than a third of the most: each costs more.
FOR_EACH = 3
DEEP, FOR_EACH_DEEP = 1_000, 2
MOST_EXPECTED = 6_000
# Words from which the candidates are found; each of the others only brings its best documents.
COMBINED = 3
BEST_OF_OTHERS = 200
# Fewer documents than this need no tiers.
FEW = 1_500
FEWER_TIERS = (0, 1, 3, 5, 7)
# From so few documents nothing more is asked of the index than of the documents themselves.
LOOKED_AT = 2_500
# How many combinations of tiers are looked for, and what part of the documents that all of them would find is enough.
MOST_WAYS, ENOUGH = 10, 0.85
SELDOM = 1e-9


@dataclass(frozen=True, slots=True)
class Unit:
    """What a score adds up: a stem, or several of which any will do; how many ``documents`` have it, by tier. Of the
    ``word`` that was typed, or (with dots) of those that begin with it or hold it."""

    word: str
    stems: tuple[str, ...]
    documents: tuple[float, ...]
    weight: float

    @property
    def common(self) -> float:
        return self.documents[0]


class Asked(NamedTuple):
    """A part of a tsquery, and the part of all documents that fulfil it."""

    tokens: str
    share: float


@dataclass(frozen=True, slots=True)
class Wish:
    """What is looked for: the ``units`` of all words, rarest first; what finds ``every`` single word; ``needed`` is a
    further tsquery that must hold. ``most``: how many documents can match, when that is known. ``phrases``: the part of
    the documents that have all words of the phrases, which says little of whether they have the phrases; 1 without."""

    units: tuple[Unit, ...]
    every: tuple[Asked, ...]
    needed: str | None = None
    most: int | None = None
    phrases: float = 1.0

    @property
    def share(self) -> float:
        """The part of the documents that have all words."""
        return prod(word.share for word in self.every)


@dataclass(frozen=True, slots=True)
class Collection:
    """How many documents there are, their mean length, and the part of them that the filters leave (0 to 1)."""

    documents: int
    mean_length: float
    selectivity: float = 1.0


@dataclass(frozen=True, slots=True)
class Candidates:
    """Tsqueries on `search_tokens`; about how many documents fulfil the ``widest`` of them, filters aside; whether they
    are ``complete``, so that no match is left outside.

    Several, since an index that is asked for words that must all be there starts with the rarest and skips through the
    others; asked for one of several such combinations at once it looks at much more.
    """

    tokens: tuple[str, ...]
    widest: float
    complete: bool


@dataclass(frozen=True, slots=True)
class Choice:
    """What a document may have of a unit: a tier or nothing. ``share`` of the documents have just that, ``asked`` finds
    those that have it or better, ``word`` those that have it at all; ``bound`` is the most that it adds to a score."""

    word: str
    asked: Asked
    share: float
    bound: float
    tier: int


Way = tuple[Choice, ...]


def rarity(documents: float, collection: int) -> float:
    """BM25's inverse document frequency."""
    documents = min(documents, collection)
    return log(1 + (collection - documents + 0.5) / (documents + 0.5))


def union(units: Sequence[Unit], collection: Collection) -> float:
    """How many documents have any of the units."""
    without = prod(1 - min(unit.common / max(collection.documents, 1), 1) for unit in units)
    return collection.documents * (1 - without)


def few_enough(wish: Wish, collection: Collection) -> bool:
    """Whether every document that can match can be scored."""
    if collection.documents <= SMALL_TABLE or (wish.most is not None and wish.most <= EXHAUSTIVE):
        return True
    return union(wish.units, collection) <= EXHAUSTIVE


def candidates(wish: Wish, collection: Collection, most: int, loose: str) -> Candidates:
    """Where the best ``most`` are. ``loose`` finds everything.

    Documents with all words come first in an answer: when there are enough of them, only they are looked for.
    Approximate: words keep company in real texts, tiers are those of a mean length of 100, and of more than three words
    the common ones bring only their best documents.
    """
    if few_enough(wish, collection):
        return Candidates((loose,), union(wish.units, collection), complete=True)
    if wish.phrases < 1 and collection.documents * wish.phrases <= MOST_EXPECTED:
        return Candidates((loose,), collection.documents * wish.phrases, complete=False)
    many = len(wish.units) > COMBINED
    for_each = FOR_EACH if most < DEEP else FOR_EACH_DEEP
    wanted = (2 if many else 1) * for_each * most / max(collection.selectivity, 1e-6)
    target = min(wanted, MOST_EXPECTED / 3 if many else MOST_EXPECTED)
    all_words = collection.documents * wish.share >= target
    few = all_words and collection.documents * wish.share <= LOOKED_AT
    ways = [()] if few else _ways(wish, collection, target, all_words=all_words)
    asked = [_asked(way, wish.every if all_words else (), collection) for way in ways]
    if not all_words:
        best = (_best_of(unit, collection, target) for unit in wish.units[COMBINED:])
        asked += [_asked((), wish.every, collection), *(frozenset((other,)) for other in best if other)]
    searches = [search for search in dict.fromkeys(asked) if not any(other < search for other in asked)]
    widest = max(collection.documents * _share(search) for search in searches)
    needed = f"({wish.needed}) & " if wish.needed else ""
    return Candidates(tuple(f"{needed}{_tokens(search)}" for search in searches), widest, complete=False)


def _ways(wish: Wish, collection: Collection, target: float, *, all_words: bool) -> list[Way]:
    """Ways to reach the score that about ``target`` documents can reach; combinations that hardly add a document
    are left out: each costs a search."""
    rarest = wish.units[:COMBINED]
    words = {word.tokens for word in wish.every} if all_words else set()
    choices = [_choices(unit, collection, len(rarest), words) for unit in rarest]
    documents = collection.documents * (wish.share if all_words else 1.0)
    ways = list(_least_ways(choices, _bound(choices, documents / _having(choices, all_words), target)))
    shares = {way: prod(choice.asked.share for choice in way) for way in ways}
    ways.sort(key=lambda way: -shares[way])
    so_far = accumulate((shares[way] for way in ways), initial=0.0)
    enough = ENOUGH * sum(shares.values())
    kept = [way for way, found in zip(ways, so_far, strict=False) if found < enough][:MOST_WAYS]
    return kept + [way for way in ways if way not in kept and sum(bool(choice.asked.tokens) for choice in way) == 1]


def _asked(way: Way, every: Sequence[Asked], collection: Collection) -> frozenset[Asked]:
    """What to ask for to find a way (and every word). Whether a document has a common word at all is not asked where
    few have the rest: to probe its long list costs more than to look at those few."""
    asked = [choice.asked for choice in way if choice.tier]
    known = {choice.word for choice in way if choice.tier}
    weak = {choice.asked for choice in way if not choice.tier and choice.asked.tokens} | set(every)
    for word in sorted((word for word in weak if word.tokens not in known), key=lambda word: (word.share, word.tokens)):
        if asked and collection.documents * _share(asked) <= LOOKED_AT:
            break
        asked.append(word)
    return frozenset(asked)


def _share(asked: Iterable[Asked]) -> float:
    return prod(each.share for each in asked)


def _tokens(asked: Iterable[Asked]) -> str:
    return " & ".join(each.tokens for each in sorted(asked, key=lambda each: each.share))


def _choices(unit: Unit, collection: Collection, beside: int, required: Container[str]) -> list[Choice]:
    """A unit's tiers, the best first, then its absence unless it is a required word. Few tiers where they would
    multiply or where there are few documents."""
    known = range(1) if unit.common < FEW else range(len(unit.documents))
    tiers = [tier for tier in known if beside < COMBINED or tier in FEWER_TIERS]
    choices, above, edge = [], 0.0, SATURATED
    for tier in reversed(tiers):
        asked = _at(unit, tier, collection)
        choices.append(
            Choice(
                at_tier(unit.stems, 0),
                asked,
                max(asked.share - above, 0.0),
                unit.weight * _converted(edge, collection),
                tier,
            )
        )
        above, edge = asked.share, EDGES[tier]
    return choices if at_tier(unit.stems, 0) in required else [*choices, Choice("", Asked("", 1.0), 1 - above, 0.0, 0)]


def _at(unit: Unit, tier: int, collection: Collection) -> Asked:
    return Asked(at_tier(unit.stems, tier), min(unit.documents[tier] / max(collection.documents, 1), 1.0))


def _converted(impact: float, collection: Collection) -> float:
    """The most that an impact of the index can be with the collection's own mean length.

    A longer mean makes every impact larger, the most in long documents. A shorter one makes them smaller: then the
    index's is an upper bound already.
    """
    if impact >= SATURATED:
        return SATURATED
    odds = impact / (SATURATED - impact) * max(1.0, collection.mean_length / INDEXED_MEAN_LENGTH)
    return SATURATED * odds / (odds + 1)


def _having(choices: Sequence[Sequence[Choice]], all_words: bool) -> float:
    """The part of the documents that the choices speak of. Of a word and its endings, which are units of their own, one
    is enough: both may be absent, but not together."""
    if not all_words:
        return 1.0
    absent = [each[-1].share for each in choices if not each[-1].asked.tokens]
    required = (sum(choice.share for choice in each) for each in choices if each[-1].asked.tokens)
    return max(prod(required) * (1 - prod(absent) if absent else 1.0), SELDOM)


def _bound(choices: Sequence[Sequence[Choice]], documents: float, target: float) -> float:
    """The score that about ``target`` of the documents can reach."""
    ways = product(*choices)
    pairs = sorted(((_sum(way), prod(choice.share for choice in way)) for way in ways), reverse=True)
    reached: list[tuple[float, float]] = [
        (bound, sum(share for _, share in same)) for bound, same in groupby(pairs, lambda pair: pair[0]) if bound
    ]
    expected = [documents * share for share in accumulate(share for _, share in reached)]
    for (bound, _), here, below in zip(reached, expected, expected[1:], strict=False):
        if here >= target or (here >= target / FOR_EACH and below > MOST_EXPECTED):
            return bound
    return reached[-1][0]


def _least_ways(choices: Sequence[Sequence[Choice]], bound: float) -> Iterator[Way]:
    """Those that reach the bound, and would not with less of any unit."""
    for places in product(*(range(len(each)) for each in choices)):
        way = tuple(each[place] for each, place in zip(choices, places, strict=True))
        if _sum(way) >= bound and not any(
            place + 1 < len(each) and _sum((*way[:n], each[place + 1], *way[n + 1 :])) >= bound
            for n, (each, place) in enumerate(zip(choices, places, strict=True))
        ):
            yield way


def _sum(way: Way) -> float:
    """The most that a document can score that way; rounded, so that equal ones are."""
    return round(sum(choice.bound for choice in way), 6)


def _best_of(unit: Unit, collection: Collection, target: float) -> Asked | None:
    """The highest tier that has enough documents: what a common word alone may bring to the top."""
    if unit.common <= FEW:
        return _at(unit, 0, collection)
    enough = max(BEST_OF_OTHERS, target / 3)
    fitting = [tier for tier, documents in enumerate(unit.documents) if enough <= documents <= MOST_EXPECTED]
    return _at(unit, max(fitting), collection) if fitting else None


def at_tier(stems: Sequence[str], tier: int) -> str:
    """A tsquery: any of the stems, at the tier or above; tier 0 is all documents that have it."""
    return bracketed("|", (quoted(stem + (chr(tier) if tier else "")) for stem in stems))
