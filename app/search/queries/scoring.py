"""The score of a document as SQL: BM25, whose word frequencies come from `ts_rank`.

With equal weights `ts_rank` of one word is a function of how often it occurs, the sum of 1/j² for j up to the frequency
over π²/6; turned round (to 0.4 % up to ten times) it gives the frequency back, at a tenth of what unnesting the vector
costs. With the title's weight alone it gives that of the title, whose positions come first.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import zip_longest
from math import prod

from app.search.language.tree import Phrase, Word, wanted_text
from app.search.queries.candidates import (
    K1,
    SATURATED,
    TITLE_WEIGHT,
    Asked,
    B,
    Unit,
    Wish,
    at_tier,
    rarity,
)
from app.search.queries.conditions import Compiled
from app.search.queries.tsquery import of_term
from app.search.queries.words import Stem, Term, Understood

FREQUENCY = "{rank} * (0.6974 - 0.0862 * {rank}) / (1.000001 - {rank})"
RANK = "ts_rank('{weights}', d.stems, CAST(:{unit} AS tsquery))::float8"
# Of several stems it is a mean; more than one of them counts as occurring often.
RANK_OF_SEVERAL = "least({several} * ts_rank('{weights}', d.stems, CAST(:{unit} AS tsquery)), 0.99)::float8"
ANYWHERE, IN_TITLE = "{1,1,1,1}", "{0,0,0,1}"
SHORTENED = f"{K1} * ({1 - B} + {B} * d.length / :mean_length)"

# Of the endings of a beginning the most frequent are scored: each costs as much as a word.
MOST_OTHERS = 10

# OFFSET 0 keeps a rank from being computed again wherever it is used.
SCORES = """
SELECT insight_id, strict, {score} AS score, k, ARRAY[{frequencies}]::float8[] AS frequencies FROM (
  SELECT insight_id, strict, k, {weighted} FROM (
    SELECT d.insight_id, {strict_text} AS strict, {k}::float8 AS k, {ranks}
    FROM {source} OFFSET 0) ranked OFFSET 0) counted"""


def wish(understood: Understood, compiled: Compiled) -> Wish:
    """What the text of a query looks for, and how many documents have all of it, if words were independent."""
    terms, phrases, documents = *_wanted(understood), max(understood.documents, 1)
    every = [_word(term, documents) for term in terms]
    of_phrases = [Asked(at_tier((stem.text,), 0), min(stem.documents[0] / documents, 1.0)) for stem in phrases]
    needed = None if compiled.simple and not phrases else compiled.tokens
    return Wish(
        units=_units(terms, phrases, documents),
        every=(*every, *of_phrases),
        needed=needed,
        most=compiled.most,
        phrases=prod(word.share for word in of_phrases),
    )


def _wanted(understood: Understood) -> tuple[list[Term], list[Stem]]:
    """The terms, as often as they were typed, and the stems of all phrases."""
    text = list(wanted_text(understood.query.root))
    terms = [understood.terms[part] for part in text if isinstance(part, Word) and part in understood.terms]
    phrases = [stem for part in text if isinstance(part, Phrase) for stem in understood.phrases.get(part, ())]
    return terms, phrases


def _units(terms: Sequence[Term], phrases: Sequence[Stem], documents: int) -> tuple[Unit, ...]:
    """What weighs most first. What was typed twice counts twice."""
    found: dict[tuple[Stem, ...], tuple[str, float]] = {}
    for word, stems, weight in [*_parts(terms), *((stem.text, (stem,), 1.0) for stem in phrases)]:
        first, before = found.get(stems, (word, 0.0))
        found[stems] = first, before + weight
    units = [_unit(word, stems, weight, documents) for stems, (word, weight) in found.items()]
    return tuple(sorted(units, key=lambda unit: -unit.weight))


def _parts(terms: Sequence[Term]) -> Iterator[tuple[str, tuple[Stem, ...], float]]:
    for term in terms:
        yield from ((term.word, (stem,), 1.0) for stem in term.stems if stem.documents[0])
        others = tuple(sorted(term.others, key=lambda stem: -stem.documents[0])[:MOST_OTHERS])
        if others and others[0].documents[0]:
            yield f"{term.word}...", others, term.others_weight


def _unit(word: str, stems: Sequence[Stem], weight: float, documents: int) -> Unit:
    tiers = tuple(float(sum(tier)) for tier in zip_longest(*(stem.documents for stem in stems), fillvalue=0))
    return Unit(word, tuple(stem.text for stem in stems), tiers, weight * rarity(tiers[0], documents))


def _word(term: Term, documents: int) -> Asked:
    share = prod(min(stem.documents[0] / documents, 1.0) for stem in term.stems)
    beside = sum(stem.documents[0] for stem in term.others) / documents
    return Asked(of_term(term), min(share + beside, 1.0))


def scores(units: Sequence[Unit], source: str, strict: str) -> str:
    """A SELECT of insight_id, strict, score, k (of the length) and the frequencies of the units; binds `parameters`.

    ``source`` is a FROM and WHERE that names a document ``d``; ``strict`` a condition there.
    """
    ranks = [f"{_rank(unit, n, ANYWHERE)} AS a{n}, {_rank(unit, n, IN_TITLE)} AS t{n}" for n, unit in enumerate(units)]
    weighted = [
        f"{FREQUENCY.format(rank=f'a{n}')} + {TITLE_WEIGHT - 1} * ({FREQUENCY.format(rank=f't{n}')}) AS f{n}"
        for n in range(len(units))
    ]
    score = [f":weight{n} * {SATURATED} * f{n} / (f{n} + k)" for n in range(len(units))]
    return SCORES.format(
        score=" + ".join(score) or "0.0",
        frequencies=", ".join(f"f{n}" for n in range(len(units))),
        weighted=", ".join(weighted) or "0",
        strict_text=strict,
        k=SHORTENED,
        ranks=", ".join(ranks) or "0",
        source=source,
    )


def _rank(unit: Unit, number: int, weights: str) -> str:
    several = len(unit.stems)
    pattern = RANK if several == 1 else RANK_OF_SEVERAL
    return pattern.format(weights=weights, unit=f"unit{number}", several=several)


def parameters(units: Sequence[Unit], mean_length: float) -> Mapping[str, object]:
    """What `scores` binds."""
    return (
        {f"unit{n}": at_tier(unit.stems, 0) for n, unit in enumerate(units)}
        | {f"weight{n}": unit.weight for n, unit in enumerate(units)}
        | {"mean_length": max(mean_length, 1.0)}
    )
