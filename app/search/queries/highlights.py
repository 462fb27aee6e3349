"""Where the words that were looked for stand in an insight, as HTML that is safe to show.

Postgres says which words of a document have the wanted stems (`WORDS`); finding them again in the text as it is written
is done here, because `ts_headline` parses the whole text anew and knows no accents."""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from itertools import accumulate, takewhile
from typing import NamedTuple

from app.search.language.tree import Phrase, wanted_text
from app.search.queries.conditions import standing_text
from app.search.queries.formatted import Formatted
from app.search.queries.inline import Sign
from app.search.queries.words import Understood

# Of an insight whose id a CTE ``page`` holds. Stemming never changes how an English word begins, so that few words are
# stemmed; the order of the two tests is fixed by CASE.
WORDS = """
(SELECT array_agg(word.lexeme) FROM search_documents d, unnest(d.words) word
 WHERE d.insight_id = {id} AND CASE WHEN left(word.lexeme, 1) = ANY (CAST(:mark_initials AS text[]))
    THEN (ts_lexize('pg_catalog.english_stem', word.lexeme) || word.lexeme) && CAST(:mark_stems AS text[]) END)"""

# How much of each field is looked at: what the index knows of it.
LOOKED_AT = {"title": 1_000, "description": 10_000, "content": 100_000}
FRAGMENTS = 3
# About 30 words.
FRAGMENT_LENGTH = 190
LEAD = 60
# Of one word in one field: enough to choose from.
MOST_PLACES = 30
WORD = re.compile(r"[^\W_]+")
GAP = r"[\W_]+"
SPACE = re.compile(r"\s+")
# Letters that accents are no part of, as Postgres' unaccent spells them.
SPELT = str.maketrans({
    "ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "đ": "d", "ð": "d", "þ": "th", "ł": "l", "ħ": "h", "ŧ": "t", "ı": "i",
})  # fmt: skip


class _Folding(dict[int, str]):
    """What each character folds to; learned as it is met."""

    def __missing__(self, code: int) -> str:
        parts = unicodedata.normalize("NFKD", chr(code)).lower()
        folded = "".join(part for part in parts if not unicodedata.combining(part)).translate(SPELT)
        self[code] = folded
        return folded


FOLDING = _Folding()


class Place(NamedTuple):
    """From where to where a hit stands, and which of the wanted it is."""

    start: int
    end: int
    what: str


@dataclass(frozen=True, slots=True)
class Marks:
    """What is looked for on a page: ``stems`` of words, ``phrases`` as folded words, or a text as it stands."""

    stems: frozenset[str]
    phrases: tuple[tuple[str, ...], ...]
    literal: str | None

    @classmethod
    def of(cls, understood: Understood) -> "Marks":
        """What is wanted of a query; what must not be there is left out."""
        if understood.as_it_stands:
            return cls(frozenset(), (), standing_text(understood.query))
        sought = list(wanted_text(understood.query.root))
        terms = [understood.terms[word] for word in sought if not isinstance(word, Phrase) and word in understood.terms]
        stems = frozenset(stem.text for term in terms for stem in (*term.stems, *term.others))
        phrases = tuple(words(part.text) for part in sought if isinstance(part, Phrase))
        return cls(stems, tuple(filter(None, phrases)), None)

    @property
    def bound(self) -> dict[str, list[str]]:
        """What `WORDS` binds."""
        return {"mark_stems": sorted(self.stems), "mark_initials": sorted({stem[0] for stem in self.stems if stem})}


def highlights(marks: Marks, known: Iterable[str], fields: Mapping[str, str | None]) -> dict[str, list[str]]:
    """For each field that has hits, fragments of it in which they stand in ``<mark>``: of a title all of it, else up to
    three of about 30 words, of the content without the signs of Markdown. ``known`` are the words of the document that
    have a wanted stem."""
    sought = (*(words(word) for word in known), *marks.phrases)
    found = {}
    for name, most in LOOKED_AT.items():
        text = (fields[name] or "")[:most]
        if places := list(_apart(sorted(_literal(text, marks.literal) if marks.literal else _places(text, sought)))):
            # Signs that are looked for are shown.
            formatted = Formatted(text) if name == "content" and not marks.literal else None
            whole = name == "title"
            found[name] = [_marked(text, 0, len(text), places)] if whole else list(_fragments(text, places, formatted))
    return found


def fold(text: str) -> str:
    """Without case and accents, much as `folded` does; what it makes longer or shorter, `_origins` tells."""
    return text.lower() if text.isascii() else text.translate(FOLDING)


def words(text: str) -> tuple[str, ...]:
    """The words of a text, folded."""
    return tuple(WORD.findall(fold(text)))


def _places(text: str, sought: Iterable[tuple[str, ...]]) -> Iterator[Place]:
    folded = fold(text)
    origins = _origins(text, folded)
    for run in filter(None, sought):
        for start, end in _runs(folded, run):
            yield Place(start, end, run[0]) if origins is None else Place(*_origin(origins, start, end), run[0])


def _origins(text: str, folded: str) -> Sequence[int] | None:
    """For each folded character, where it comes from, and in the end where the text ends; None where all are in their
    places."""
    if text.isascii() or (len(text) == len(folded) and all(len(FOLDING[ord(sign)]) == 1 for sign in set(text))):
        return None
    return [*(at for at, sign in enumerate(text) for _ in FOLDING[ord(sign)]), len(text)]


def _origin(origins: Sequence[int], start: int, end: int) -> tuple[int, int]:
    """The same place in the text as it is written, with the accents that follow its last letter."""
    return origins[start], max(origins[end], origins[end - 1] + 1)


def _runs(folded: str, run: tuple[str, ...]) -> Iterator[tuple[int, int]]:
    """Where the words stand one after the other. The first is found by `str.find`: a regular expression would try each
    character of the text."""
    pattern = re.compile(rf"{GAP.join(map(re.escape, run))}(?![^\W_])")
    at, left = folded.find(run[0]), MOST_PLACES
    while at >= 0 and left:
        begins = at == 0 or not folded[at - 1].isalnum()
        if begins and (match := pattern.match(folded, at)):
            yield match.span()
            left -= 1
        at = folded.find(run[0], at + 1)


def _literal(text: str, literal: str) -> Iterator[Place]:
    matches = re.finditer(re.escape(literal), text, re.IGNORECASE)
    for match, _ in zip(matches, range(MOST_PLACES), strict=False):
        yield Place(*match.span(), literal)


def _apart(places: Iterable[Place]) -> Iterator[Place]:
    """Without those that begin inside of another."""
    end = 0
    for place in places:
        if place.start >= end:
            end = place.end
            yield place


def _fragments(text: str, places: Sequence[Place], formatted: Formatted | None) -> Iterator[str]:
    """Those in which the most different words stand, as they come in the text."""
    windows = [_window(places, first) for first in range(len(places))]
    chosen: list[tuple[int, int]] = []
    for start, end, _ in sorted(windows, key=lambda window: (-window[2], window[0])):
        if len(chosen) < FRAGMENTS and all(end <= other[0] or start >= other[1] for other in chosen):
            chosen.append((start, end))
    bounds = sorted(_bounds(text, start, end) for start, end in chosen)
    ends = [0, *accumulate((end for _, end in bounds), max)]
    for (start, end), before in zip(bounds, ends, strict=False):
        if max(start, before) < end:
            yield _fragment(text, max(start, before), end, places, formatted)


def _window(places: Sequence[Place], first: int) -> tuple[int, int, int]:
    """From one hit on as far as a fragment goes: where it begins and ends, and how many different words it has."""
    start = places[first].start
    inside = list(
        takewhile(lambda place: place.end <= start + FRAGMENT_LENGTH, places[first : first + FRAGMENT_LENGTH])
    )
    inside = inside or [places[first]]
    return start, inside[-1].end, len({place.what for place in inside})


def _bounds(text: str, start: int, end: int) -> tuple[int, int]:
    """The hits and what stands around them, cut between words where there is a gap nearby."""
    lead = min(LEAD, max(0, FRAGMENT_LENGTH - (end - start)) // 2)
    begin = max(0, start - lead)
    finish = min(len(text), begin + max(FRAGMENT_LENGTH, end - begin))
    if begin and (gap := SPACE.search(text, begin, start)):
        begin = gap.end()
    if finish < len(text) and (gaps := list(SPACE.finditer(text, end, finish))):
        finish = gaps[-1].start()
    return begin, finish


def _fragment(text: str, start: int, end: int, places: Sequence[Place], formatted: Formatted | None) -> str:
    inside = [place for place in places if start <= place.start and place.end <= end]
    signs = [sign for sign in formatted.signs(start, end) if not _says(text, sign, inside)] if formatted else []
    marked = SPACE.sub(" ", _marked(text, start, end, inside, signs)).strip()
    return f"{'… ' if start else ''}{marked}{' …' if end < len(text) else ''}"


def _says(text: str, sign: Sign, places: Sequence[Place]) -> bool:
    """Whether a word of a hit stands in it, as in the address of a link."""
    hit = any(place.start < sign.end and sign.start < place.end for place in places)
    return hit and WORD.search(text, sign.start, sign.end) is not None


def _marked(text: str, start: int, end: int, places: Iterable[Place], signs: Sequence[Sign] = ()) -> str:
    pieces, at = [], start
    for place in places:
        before, hit = _without(text, at, place.start, signs), _without(text, place.start, place.end, signs)
        pieces += [escape(before), "<mark>", escape(hit), "</mark>"]
        at = place.end
    return "".join([*pieces, escape(_without(text, at, end, signs))])


def _without(text: str, start: int, end: int, signs: Iterable[Sign]) -> str:
    """A part of the text without the signs that stand in it."""
    pieces, at = [], start
    for sign in signs:
        if start <= sign.start and sign.end <= end:
            pieces += [text[at : sign.start], sign.instead]
            at = sign.end
    return "".join([*pieces, text[at:end]])
