"""What the search benchmark asks, each kind with words as common as its name says."""

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from benchmarks.data import TAGS, Writer

# The shares of all insights that have such a word.
RARE, MEDIUM, COMMON, VERY_COMMON, MOST_COMMON = 0.0003, 0.01, 0.07, 0.3, 0.8
NEAR = 0.2
BEGINNING = 4
LETTERS = "abcdefghijklmnopqrstuvwxyz"
MISTYPED_LENGTH = 7
BUDGET, BUDGET_MISTYPED = 100, 200

Filters = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Question:
    """A search as it is sent; ``meant`` is what bare PostgreSQL is asked for: the text without its typing error."""

    text: str
    meant: str
    filters: Filters = field(default_factory=dict)
    page: int = 1
    beginning: bool = False  # of a word

    @property
    def body(self) -> dict[str, Any]:
        return {"query": self.text, "page": self.page, **self.filters}

    @property
    def is_phrase(self) -> bool:
        return self.text.startswith('"')


@dataclass(frozen=True, slots=True)
class Kind:
    """Questions of one kind, and the milliseconds within which 95 % of them are to be answered."""

    name: str
    questions: Sequence[Question]
    budget: float = BUDGET


class Words:
    """Words of the corpus by how common they are."""

    def __init__(self, writer: Writer, seed: int = 2) -> None:
        self.writer = writer
        self.random = random.Random(seed)
        self.known = frozenset(writer.vocabulary)

    def near(self, *shares: float) -> str:
        """A different word for each share, of those about as common."""
        words: list[str] = []
        while len(words) < len(shares):
            place = self.writer.place(shares[len(words)]) * self.random.uniform(1 - NEAR, 1 + NEAR)
            word = self.writer.vocabulary[min(round(place), len(self.known) - 1)]
            if word not in words:
                words.append(word)
        return " ".join(words)

    def very_common(self, count: int) -> str:
        """Different words, each in 30 to 80 % of the insights."""
        first, last = self.writer.place(MOST_COMMON), self.writer.place(VERY_COMMON)
        return " ".join(self.random.sample(self.writer.vocabulary[first : last + 1], count))

    def begun(self) -> Question:
        """As it stands while somebody still types."""
        text = self.near(MEDIUM)[:BEGINNING]
        return Question(text, text, beginning=True)

    def mistyped(self) -> Question:
        """One letter swapped, dropped, added or replaced; no word of the corpus results."""
        while True:
            word = self.near(MEDIUM)
            typed = self._one_edit(word)
            if len(word) >= MISTYPED_LENGTH and typed not in self.known:
                return Question(typed, word)

    def _one_edit(self, word: str) -> str:
        at = self.random.randrange(1, len(word) - 1)
        letter = self.random.choice(LETTERS)
        swapped = word[:at] + word[at + 1] + word[at] + word[at + 2 :]
        return self.random.choice(
            (swapped, word[:at] + word[at + 1 :], word[:at] + letter + word[at:], word[:at] + letter + word[at + 1 :])
        )


def kinds(writer: Writer, titles: Sequence[str], samples: int) -> Iterator[Kind]:
    """``titles`` are of stored insights: two neighbouring words of each are a phrase."""
    words = Words(writer)

    def kind(name: str, text: Callable[[], str], page: int = 1, **filters: Any) -> Kind:
        return Kind(name, [Question(asked, asked, filters, page) for asked in (text() for _ in range(samples))])

    def medium() -> str:
        return words.near(MEDIUM)

    def common() -> str:
        return words.near(COMMON)

    def mixed() -> str:
        return words.near(RARE, MEDIUM, VERY_COMMON)

    yield kind("rare word (0.03 %)", lambda: words.near(RARE))
    yield kind("medium word (1 %)", medium)
    yield kind("common word (7 %)", common)
    yield kind("very common word (30 % and more)", lambda: words.very_common(1))
    yield kind("three words, mixed", mixed)
    yield kind("three words, common", lambda: words.near(COMMON, COMMON, VERY_COMMON))
    yield kind("three very common words", lambda: words.very_common(3))
    yield kind("five very common words", lambda: words.very_common(5))
    yield Kind("mistyped word", [words.mistyped() for _ in range(samples)], BUDGET_MISTYPED)
    yield kind("three words, published", mixed, status="published")
    yield kind("very common word, published", lambda: words.very_common(1), status="published")
    yield kind("three very common words, published", lambda: words.very_common(3), status="published")
    yield kind("common word in a category", common, category_id=10)
    yield kind("very common words in a category", lambda: words.very_common(2), category_id=150)
    yield kind("common word with a tag", common, tag_ids=[TAGS // 2])
    yield kind("common word, page 20", common, page=20)
    yield kind("common word, page 50", common, page=50)
    yield kind("very common word, page 50", lambda: words.very_common(1), page=50)
    yield kind("three words, page 20", mixed, page=20)
    yield kind("three very common words, page 50", lambda: words.very_common(3), page=50)
    yield Kind("beginning of a word", [words.begun() for _ in range(samples)])
    yield Kind("phrase", [_phrase(words.random, title) for title in titles[:samples]])


def _phrase(chance: random.Random, title: str) -> Question:
    words = title.split()
    at = chance.randrange(len(words) - 1)
    return Question(f'"{words[at]} {words[at + 1]}"', f"{words[at]} {words[at + 1]}")
