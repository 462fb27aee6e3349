"""Which of the allowed words somebody meant who typed another."""

from collections.abc import Iterable
from difflib import SequenceMatcher

# Of a longer text only the beginning is compared: the cost is its square.
LONGEST_COMPARED = 40


def nearest(typed: str, allowed: Iterable[str]) -> str:
    """The allowed word that is most like the typed one; there always is one."""
    typed = typed[:LONGEST_COMPARED].lower()
    return max(allowed, key=lambda word: SequenceMatcher(None, typed, word.lower(), autojunk=False).ratio())


def is_one_edit_away(typed: str, word: str) -> bool:
    """Whether one letter is missing, too many or another, or two neighbours are swapped."""
    same = _same_start(typed, word)
    typed, word = typed[same:], word[same:]
    same = _same_start(typed[::-1], word[::-1])
    typed, word = typed[: len(typed) - same], word[: len(word) - same]
    return max(len(typed), len(word)) == 1 or (len(typed) == 2 and typed == word[::-1])


def _same_start(one: str, other: str) -> int:
    different = (at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b)
    return next(different, min(len(one), len(other)))
