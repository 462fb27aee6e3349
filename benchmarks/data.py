"""What an insight of the corpus looks like: words of a Zipf vocabulary, a place in a category tree, three tags."""

import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import accumulate, islice, pairwise
from math import expm1, log1p
from typing import NamedTuple

CATEGORIES, TAGS, TAGS_EACH = 200, 500, 3
VOCABULARY = 40_000
AUTHORS = 300
STATUSES = ("published", "draft", "archived")
PRIORITIES = ("low", "medium", "high", "critical")
PERIOD = timedelta(days=3 * 365)
SYLLABLES = [first + second for first in "bcdfgklmnprstvz" for second in ("a", "e", "i", "o", "u", "an", "or", "el")]

COLUMNS = (
    "title, description, content, source, author, category_id, priority, status, created_at, updated_at, published_at"
)
FIRST_OF_LEVELS = (1, 9, 41, 121)


class Lengths(NamedTuple):
    """Words of each text in the mean; each is from half of that to half as much again."""

    title: int
    description: int
    content: int


SHORT, LONG = Lengths(8, 20, 40), Lengths(8, 26, 200)


class Writer:
    """The same seed writes the same insights."""

    def __init__(self, seed: int = 1, lengths: Lengths = LONG) -> None:
        self.random = random.Random(seed)
        self.lengths = lengths
        # Of one seed, whatever the insights' is: who asks for words must find the ones that were written.
        self.vocabulary = list(dict.fromkeys(islice(_words(random.Random(1)), 2 * VOCABULARY)))[:VOCABULARY]
        self.weights = list(accumulate(1 / rank for rank in range(1, len(self.vocabulary) + 1)))

    def texts(self) -> list[str]:
        """Title, description and content."""
        ends = [0, *accumulate(self.random.randint((mean + 1) // 2, mean * 3 // 2) for mean in self.lengths)]
        words = self.random.choices(self.vocabulary, cum_weights=self.weights, k=ends[-1])
        return [" ".join(words[start:end]) for start, end in pairwise(ends)]

    def word(self, share: float) -> str:
        """The word that is expected in this share of the insights, or the one nearest to it."""
        return self.vocabulary[self.place(share)]

    def place(self, share: float) -> int:
        """Where `word` stands in the vocabulary, the most common word at 0."""
        once = -expm1(log1p(-share) / sum(self.lengths))
        rank = round(1 / (once * self.weights[-1]))
        return min(max(rank, 1), len(self.vocabulary)) - 1

    def row(self, created_at: datetime) -> tuple[object, ...]:
        """Columns of `COLUMNS`."""
        status = self.random.choices(STATUSES, (60, 30, 10))[0]
        published_at = None if status == "draft" else created_at + timedelta(hours=self.random.randrange(1, 500))
        author = f"Author {self.random.randrange(AUTHORS)}"
        priority = self.random.choice(PRIORITIES)
        return (
            *self.texts(), "Benchmark", author, self.category(), priority, status, created_at, created_at, published_at,
        )  # fmt: skip

    def category(self) -> int:
        """Some categories hold many more insights than others."""
        return int(CATEGORIES * self.random.random() ** 2) + 1

    def tags(self) -> list[int]:
        return self.random.sample(range(1, TAGS + 1), TAGS_EACH)


def parent(number: int) -> int | None:
    """Four levels of 8, 32, 80 and 80 categories."""
    level = max(place for place, first in enumerate(FIRST_OF_LEVELS) if number >= first)
    if level == 0:
        return None
    first, last = FIRST_OF_LEVELS[level - 1], FIRST_OF_LEVELS[level]
    return first + (number - last) % (last - first)


def _words(chance: random.Random) -> Iterator[str]:
    while True:
        yield "".join(chance.choices(SYLLABLES, k=chance.randrange(2, 5)))
