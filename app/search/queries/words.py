"""What the words of a query are in the index: their stems, how frequent those are, and what stands in for them."""

from collections.abc import Mapping
from dataclasses import dataclass

from app.identity.audience import Audience
from app.search.language.tree import Query, Word


@dataclass(frozen=True, slots=True)
class Stem:
    """A stem: how many ``documents`` have it, then how many at each tier of impact (only the first when unknown)."""

    text: str
    documents: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Term:
    """A word of the query as the index knows it.

    ``stems``: all must occur (more than one for a hyphenated word). ``others``: any of them does, too: the word's
    possible endings (at half weight), words that it is a part of, or nothing.
    """

    word: str
    stems: tuple[Stem, ...]
    others: tuple[Stem, ...] = ()
    others_weight: float = 0.5


@dataclass(frozen=True, slots=True)
class Understood:
    """A query after the dictionary. ``query`` has the corrected words in place; ``terms`` lacks stop words.

    ``corrected``: the whole text as it was understood, when that is another than the typed one. ``infix``: some word is
    found as a part of others only. ``as_it_stands``: no word can be looked up, so that the text itself is looked for.
    """

    query: Query
    terms: Mapping[Word, Term]
    documents: int
    average_length: float
    corrected: str | None
    infix: bool
    as_it_stands: bool


def understand(audience: Audience, query: Query) -> Understood:
    raise NotImplementedError
