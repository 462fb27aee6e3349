"""Mistyped words: the known words that were most likely meant."""

from collections.abc import Collection, Iterable, Mapping, Sequence

from app.identity.audience import Audience
from app.search.queries.dictionary import KnownWord, look_up, seen_as_written, words_like

LEAST_LETTERS = 5
ONE_EDIT_UP_TO = 8
MOST_LETTERS = 40
MOST_CANDIDATES = 10


def corrections(audience: Audience, words: Iterable[str]) -> Mapping[str, KnownWord]:
    """For folded words that nobody wrote, the ones that the audience sees somewhere and that differ by an edit or two:
    the nearest, of several the most frequent. Words that nothing resembles are absent."""
    mistyped = [word for word in words if LEAST_LETTERS <= len(word) <= MOST_LETTERS and word.isalpha()]
    if not mistyped:
        return {}
    alike = words_like(mistyped, [swapped for word in mistyped for swapped in _swapped(word)])
    near = {word: candidates for word in mistyped if (candidates := _nearest(word, alike))}
    if not near:
        return {}
    known = look_up(audience, (candidate for candidates in near.values() for candidate in candidates))
    written = seen_as_written(audience, (word for word in known.words.values() if word.stems and word.seen))
    chosen = {word: _chosen(candidates, known.words, written) for word, candidates in near.items()}
    return {word: candidate for word, candidate in chosen.items() if candidate}


def distance(first: str, second: str, most: int) -> int:
    """How many edits lie between two words: a letter more, less, another one, or two neighbours that changed places.

    Beyond ``most`` any larger number.
    """
    if abs(len(first) - len(second)) > most:
        return most + 1
    before: list[int] = []
    last = list(range(len(second) + 1))
    for row, letter in enumerate(first, 1):
        now = [row]
        for column, other in enumerate(second, 1):
            edits = min(last[column] + 1, now[-1] + 1, last[column - 1] + (letter != other))
            if row > 1 < column and letter == second[column - 2] and first[row - 2] == other:
                edits = min(edits, before[column - 2] + 1)
            now.append(edits)
        if min(now) > most:
            return most + 1
        before, last = last, now
    return last[-1]


def _nearest(word: str, alike: Iterable[str]) -> dict[str, int]:
    """The candidates that are near enough, with their distances."""
    most = 1 if len(word) <= ONE_EDIT_UP_TO else 2
    distances = {candidate: distance(word, candidate, most) for candidate in alike}
    near = sorted((edits, candidate) for candidate, edits in distances.items() if edits <= most)
    return {candidate: edits for edits, candidate in near[:MOST_CANDIDATES]}


def _chosen(
    candidates: Mapping[str, int], known: Mapping[str, KnownWord], written: Collection[str]
) -> KnownWord | None:
    seen = [(edits, known[word]) for word, edits in candidates.items() if word in written]
    best = min(seen, key=lambda each: (each[0], -_frequency(each[1]), each[1].word), default=None)
    return best and best[1]


def _frequency(word: KnownWord) -> int:
    return min(stem.documents[0] for stem in word.stems)


def _swapped(word: str) -> Sequence[str]:
    places = range(len(word) - 1)
    return [word[:at] + word[at + 1] + word[at] + word[at + 2 :] for at in places if word[at] != word[at + 1]]
