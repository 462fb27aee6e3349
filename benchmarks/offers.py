"""What search offers beside its answers: suggestions while somebody types, what is related, what a draft repeats."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import quote

BUDGET_SUGGESTED, BUDGET = 15, 100


@dataclass(frozen=True, slots=True)
class Offer:
    """Addresses to get, and the milliseconds within which 95 % of them are to be answered."""

    name: str
    paths: Sequence[str]
    budget: float


def offers(titles: Sequence[str], insights: int) -> Iterator[Offer]:
    """An address of each for every one of the ``titles``, which are of stored insights."""
    chance = random.Random(3)

    def suggest(name: str, typed: Sequence[str]) -> Offer:
        return Offer(f"suggest, {name}", [f"/search/suggest?q={quote(text)}" for text in typed], BUDGET_SUGGESTED)

    yield suggest("2 letters", [title[:2] for title in titles])
    yield suggest("5 letters", [title[:5] for title in titles])
    yield suggest("second word", [_begun_word(title) for title in titles])
    yield suggest("name of a tag", [f"tag {chance.randrange(50)}" for _ in titles])
    yield Offer("related", [f"/insights/{chance.randint(1, insights)}/related" for _ in titles], BUDGET)
    yield Offer("similar", [f"/insights/similar?title={quote(title)}" for title in titles], BUDGET)


def _begun_word(title: str) -> str:
    first, second, *_ = title.split()
    return f"{first} {second[:3]}"
