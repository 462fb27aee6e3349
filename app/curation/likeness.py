"""Which names may mean the same thing: a letter off, or the same words in another order or inflexion.

Pure functions. Comparing every name with every other one would be 12 million pairs for 5,000 names: instead each name
is filed under its words and under itself with any one letter, or all doubled ones, left out; only those that meet there
are compared.
"""

import re
from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

SPELLING, SAME_WORDS = "spelling", "same words"
REASONS = (SPELLING, SAME_WORDS)
# Shorter words are often one letter apart and something else: cat and car.
LEAST_LETTERS = 5
# From here on two letters may be off.
LONG = 9
# Words that share a stem may be two things (network and networking): they stand below all that differ by a slip.
MOST_BY_STEM = 0.7
ES = ("ses", "xes", "zes", "ches", "shes")
# Names that share so much with so many others are no misspellings of each other.
MOST_ALIKE = 20
SEPARATORS = re.compile(r"[\s\-_/.,:;&'’()]+")
DOUBLED = re.compile(r"(.)\1")
# What tells names apart, however alike their letters are: Phase 1 and Phase 2, C and C++.
TELLING = re.compile(r"\d+|[^\w\s\-_/.,:;&'’()]")


@dataclass(frozen=True, slots=True)
class Name:
    """A name to compare. ``folded``: without case and accents; ``stems``: its words without inflexion, in one order."""

    id: int
    name: str
    used: int
    folded: str
    stems: str
    parent_id: int | None = None

    @property
    def letters(self) -> str:
        """Without what separates words."""
        return SEPARATORS.sub("", self.folded)

    @property
    def words(self) -> list[str]:
        """Without case and accents."""
        return SEPARATORS.split(self.folded)

    @property
    def telling(self) -> tuple[str, ...]:
        """Its numbers and signs."""
        return tuple(sorted(TELLING.findall(self.folded)))


@dataclass(frozen=True, slots=True)
class Likeness:
    """Two names that may be one, the less used first; ``similarity`` is 1 for the same letters or words."""

    less: Name
    more: Name
    reason: str
    similarity: float


def alike(names: Sequence[Name]) -> list[Likeness]:
    """The likely pairs, most alike and most used first; each name is the less used one of one pair at most."""
    pairs = [*_pairs(_filed_by_words(names), _same_words), *_pairs(_filed_by_letters(names), _misspelt)]
    pairs.sort(key=lambda pair: (-pair.similarity, -pair.more.used, -pair.less.used, pair.less.id, pair.more.id))
    best: dict[int, Likeness] = {}
    for pair in pairs:
        best.setdefault(pair.less.id, pair)
    return list(best.values())


def _filed_by_words(names: Iterable[Name]) -> Iterator[tuple[Hashable, Name]]:
    """As many words, too: stems lack the little ones, and On call is not Call."""
    return (((name.stems, name.telling, len(name.words)), name) for name in names if name.stems)


def _filed_by_letters(names: Iterable[Name]) -> Iterator[tuple[Hashable, Name]]:
    for name in names:
        letters, telling = name.letters, name.telling
        if len(letters) >= LEAST_LETTERS:
            shorter = {letters[:place] + letters[place + 1 :] for place in range(len(letters))}
            yield from (((variant, telling), name) for variant in {letters, DOUBLED.sub(r"\1", letters), *shorter})


def _pairs(filed: Iterable[tuple[Hashable, Name]], compare: Any) -> Iterator[Likeness]:
    drawers: defaultdict[Hashable, list[Name]] = defaultdict(list)
    for key, name in filed:
        drawers[key].append(name)
    seen = set()
    for drawer in drawers.values():
        if len(drawer) > 1:
            for one, other in combinations(drawer[:MOST_ALIKE], 2):
                if (one.id, other.id) not in seen:
                    seen.add((one.id, other.id))
                    yield from compare(one, other)


def _same_words(one: Name, other: Name) -> Iterator[Likeness]:
    """In another order or number they are alike for sure; in another inflexion only perhaps, and short ones never."""
    words, others = ({_singular(word) for word in name.words} for name in (one, other))
    if words == others:
        yield Likeness(*_less_and_more(one, other), SAME_WORDS, 1.0)
    elif all(len(word) >= LEAST_LETTERS for word in words ^ others):
        longest = max(len(one.letters), len(other.letters))
        shared = round(1 - distance(one.letters, other.letters) / longest, 3)
        yield Likeness(*_less_and_more(one, other), SAME_WORDS, min(MOST_BY_STEM, shared))


def _singular(word: str) -> str:
    if word.endswith("ies") and len(word) > LEAST_LETTERS:
        return f"{word[:-3]}y"
    if word.endswith(ES):
        return word[:-2]
    return word[:-1] if word.endswith("s") and not word.endswith(("ss", "us", "is")) else word


def _misspelt(one: Name, other: Name) -> Iterator[Likeness]:
    """Word by word, where there are as many: of US West and US East each is a word of its own."""
    pairs = [(one.letters, other.letters)]
    if len(one.words) == len(other.words):
        pairs += [pair for pair in zip(one.words, other.words, strict=True) if pair[0] != pair[1]]
    longest = max(len(one.letters), len(other.letters))
    steps = distance(one.letters, other.letters)
    if all(_slipped(*pair) for pair in pairs):
        yield Likeness(*_less_and_more(one, other), SPELLING, round(1 - steps / longest, 3))


def _slipped(one: str, other: str) -> bool:
    """Whether one is the other with a letter or two wrong; seldom the first one."""
    longest = max(len(one), len(other))
    most = 2 if longest >= LONG else int(longest >= LEAST_LETTERS)
    return one == other or (one[:1] == other[:1] and distance(one, other) <= most)


def _less_and_more(one: Name, other: Name) -> tuple[Name, Name]:
    """Of two that are used as much, the newer one goes."""
    more, less = sorted((one, other), key=lambda name: (-name.used, name.id))
    return less, more


def distance(one: str, other: str) -> int:
    """How many letters must be added, dropped, changed or swapped with their neighbours to make one of the other."""
    before: list[int] = []
    last = list(range(len(other) + 1))
    for i, a in enumerate(one, 1):
        current = [i]
        for j, b in enumerate(other, 1):
            steps = min(last[j] + 1, current[j - 1] + 1, last[j - 1] + (a != b))
            if i > 1 and j > 1 and a == other[j - 2] and one[i - 2] == b:
                steps = min(steps, before[j - 2] + 1)
            current.append(steps)
        before, last = last, current
    return last[-1]
