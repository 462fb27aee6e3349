"""Which documents are scored: enough, few, the best among them. Checked with documents that are drawn."""

import random
from functools import cache

import pytest

from app.search.queries.candidates import (
    COMBINED,
    EDGES,
    LOOKED_AT,
    MOST_EXPECTED,
    SMALL_TABLE,
    Asked,
    Collection,
    Unit,
    Wish,
    at_tier,
    candidates,
    few_enough,
    rarity,
    union,
)

MILLION = Collection(1_000_000, 100.0)
# Of a word in a third, in 7 % and in 0.2 % of the documents.
COMMON = (330_000.0, 150_000.0, 70_000.0, 40_000.0, 17_000.0, 3_700.0, 800.0, 110.0)
LESS = (70_000.0, 20_000.0, 8_000.0, 4_500.0, 1_600.0, 330.0, 70.0, 9.0)
RARE = (2_000.0, 500.0, 210.0, 110.0, 40.0, 9.0)
# What stands behind a stem at a tier.
MARKS = "".join(map(chr, range(1, 8)))


def unit(stem: str, documents: tuple[float, ...], collection: Collection = MILLION) -> Unit:
    return Unit(stem, (stem,), documents, rarity(documents[0], collection.documents))


def wish(*units: Unit, collection: Collection = MILLION, needed: str | None = None) -> Wish:
    every = tuple(Asked(at_tier(each.stems, 0), each.common / collection.documents) for each in units)
    return Wish(tuple(sorted(units, key=lambda each: -each.weight)), every, needed)


@cache
def tiers(search: str) -> list[tuple[str, int]]:
    """The stems of a search, an AND of them, and the tier that it asks of each."""
    stems = [part.strip("'") for part in search.split(" & ")]
    return [(stem.rstrip(MARKS), ord(stem[-1]) if stem[-1] in MARKS else 0) for stem in stems]


def holds(search: str, document: dict[str, int]) -> bool:
    """Whether a document (the tier of each stem that it has) fulfils a search."""
    return all(document.get(stem, -1) >= tier for stem, tier in tiers(search))


def drawn(units: tuple[Unit, ...], seed: int, documents: int = 100_000) -> list[dict[str, int]]:
    """Documents in which each unit has a tier as often as it says, independent of one another."""
    chance, made = random.Random(seed), []
    for _ in range(documents):
        document = {}
        for each in units:
            draw = chance.random() * 1_000_000
            if draw < each.documents[0]:  # no tier has more than the first
                document[each.stems[0]] = max(tier for tier, having in enumerate(each.documents) if draw < having)
        made.append(document)
    return made


def bound(units: tuple[Unit, ...], document: dict[str, int]) -> float:
    """The least that a document scores."""
    return sum(each.weight * EDGES[document[each.stems[0]]] for each in units if each.stems[0] in document)


def test_where_few_match_everything_is_scored() -> None:
    rare = wish(unit("rare", RARE))
    assert candidates(rare, MILLION, 100, "'rare'").tokens == ("'rare'",)
    assert candidates(rare, MILLION, 100, "'rare'").complete
    small = Collection(SMALL_TABLE, 100.0)
    assert few_enough(wish(unit("common", (15_000.0,), small), collection=small), small)
    assert not few_enough(wish(unit("common", COMMON)), MILLION)


def test_union_counts_no_document_twice() -> None:
    assert union([unit("a", (500_000.0,)), unit("b", (500_000.0,))], MILLION) == 750_000


def test_one_common_word_is_looked_for_at_its_highest_sufficient_tier() -> None:
    found = candidates(wish(unit("common", COMMON)), MILLION, 100, "'common'")
    assert (found.tokens, found.widest, found.complete) == (("'common\x06'",), 800.0, False)
    deep = candidates(wish(unit("common", COMMON)), MILLION, 1_000, "'common'")
    assert deep.tokens == ("'common\x05'",)


def test_filters_make_it_look_further() -> None:
    half = Collection(1_000_000, 100.0, selectivity=0.1)
    assert candidates(wish(unit("common", COMMON)), half, 100, "'common'").tokens == ("'common\x05'",)
    tiny = Collection(1_000_000, 100.0, selectivity=1e-9)
    assert candidates(wish(unit("common", COMMON)), tiny, 100, "'common'").widest <= 3 * MOST_EXPECTED


@pytest.mark.parametrize(
    "units",
    [
        (unit("a", COMMON), unit("b", COMMON)),
        (unit("a", COMMON), unit("b", LESS)),
        (unit("a", COMMON), unit("b", COMMON), unit("c", LESS)),
        (unit("a", LESS), unit("b", LESS), unit("c", RARE)),
    ],
    ids=["common, common", "common, less", "two common, less", "two less, rare"],
)
def test_the_best_documents_are_among_few(units: tuple[Unit, ...]) -> None:
    found = candidates(wish(*units), MILLION, 100, "anything")
    assert not found.complete
    documents = drawn(units, seed=1)
    looked_at = [document for document in documents if any(holds(search, document) for search in found.tokens)]
    assert len(looked_at) <= 0.1 * 4 * MOST_EXPECTED
    # The drawn ones are a tenth of the collection: so are the hits of a page.
    best = sorted(documents, key=lambda document: (len(document) == len(units), bound(units, document)), reverse=True)
    missed = [document for document in best[:10] if not any(holds(search, document) for search in found.tokens)]
    assert missed == []


def test_documents_with_all_words_are_enough_when_there_are_many() -> None:
    units = (unit("a", COMMON), unit("b", COMMON))
    found = candidates(wish(*units), MILLION, 100, "'a' | 'b'")
    assert all("'a" in search and "'b" in search for search in found.tokens)


def test_endings_are_no_condition() -> None:
    """Of a word that may go on: those that have it as it is are not left out for those that have an ending of it."""
    word, endings = unit("common", COMMON), Unit("common...", ("commons", "commoner"), (60.0,), 4.0)
    asked = Wish((endings, word), (Asked("('common' | 'commons' | 'commoner')", 0.33),))
    found = candidates(asked, MILLION, 100, "anything").tokens
    assert "('commons' | 'commoner')" in found
    assert any("'common\x06'" in search for search in found)


def test_the_few_documents_with_all_words_are_looked_at_whole() -> None:
    units = (unit("a", LESS), unit("b", (5_000.0, 900.0)))
    found = candidates(wish(*units), MILLION, 100, "'a' | 'b'")
    assert found.tokens == ("'b' & 'a'",)
    assert found.widest == pytest.approx(350)
    assert found.widest <= LOOKED_AT


def test_of_many_words_each_brings_its_best_documents() -> None:
    units = (unit("a", (3_000.0, 900.0)), unit("b", (3_100.0, 900.0)), unit("c", (3_200.0, 900.0)), unit("d", COMMON))
    assert len(units) == COMBINED + 1
    found = candidates(wish(*units), MILLION, 100, "anything")
    assert "'d\x06'" in found.tokens


def test_a_further_condition_stands_before_every_search() -> None:
    found = candidates(wish(unit("a", COMMON), unit("b", COMMON), needed="'x' & 'y'"), MILLION, 100, "anything")
    assert all(search.startswith("('x' & 'y') & ") for search in found.tokens)


def test_stems_are_quoted() -> None:
    assert at_tier(("o'clock",), 0) == "'o''clock'"
    assert at_tier(("a", "b"), 2) == "('a\x02' | 'b\x02')"
