"""What the words of a query are in the index: their stems, how frequent those are, and what stands in for them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from app.identity.audience import Audience
from app.search.language.correcting import corrected
from app.search.language.tree import Either, Every, Node, Not, Phrase, Query, Sequence, Word, wanted_text
from app.search.queries.corrections import corrections
from app.search.queries.dictionary import (
    Known,
    KnownStem,
    KnownWord,
    beginning_with,
    containing,
    look_up,
    stems_of_words_with,
)
from app.search.queries.reading import all_text, is_text, parts_that_hold

LEAST_BEGINNING = 2
LEAST_PART = 3
# Each costs some milliseconds: of a text of strange words only the first get help.
MOST_HELPED = 8


@dataclass(frozen=True, slots=True)
class Stem:
    """A stem: how many ``documents`` have it, then how many at each tier of impact (only the first when unknown).

    No documents when the audience sees none of them.
    """

    text: str
    documents: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Term:
    """A word of the query as the index knows it.

    ``stems``: all must occur (more than one for a hyphenated word). ``others``: any of them does, too: the word's
    possible endings (at half weight), or words that it is a part of.
    """

    word: str
    stems: tuple[Stem, ...]
    others: tuple[Stem, ...] = ()
    others_weight: float = 0.5

    @property
    def found(self) -> bool:
        """Whether some insight may have it."""
        return bool(self.others) or all(stem.documents[0] for stem in self.stems)


@dataclass(frozen=True, slots=True)
class Understood:
    """A query after the dictionary. ``query`` has the corrected words in place; ``terms`` lacks stop words.

    ``documents`` and ``average_length`` are those of the whole collection, 0 when no text is looked for. ``corrected``:
    the whole text as it was understood, when that is another than the typed one. ``infix``: some word is found only as
    a part of others. ``as_it_stands``: no word can be looked up, so that the text itself is looked for. ``phrases``:
    their stems, all of which must occur; none when they are stop words. A phrase of no word at all is absent.
    ``counted``: upkeep has counted the terms of about this many documents.
    """

    query: Query
    terms: Mapping[Word, Term]
    documents: int
    average_length: float
    corrected: str | None
    infix: bool
    as_it_stands: bool
    phrases: Mapping[Phrase, tuple[Stem, ...]] = field(default_factory=dict)
    counted: bool = False

    def means(self, node: Node) -> bool:
        """Whether anything is left of a part of the query: nothing is of stop words and signs."""
        match node:
            case Word():
                return node in self.terms
            case Phrase():
                return node in self.phrases
            case Not(part):
                return self.means(part)
            case Every(nodes) | Sequence(nodes) | Either(nodes):
                return any(map(self.means, nodes))
        return True

    def words_and_others(self, nodes: Iterable[Node]) -> tuple[list[Word], list[Node]]:
        """The words of a sequence one of which must be found, and what must hold in any case. Beside other text the
        words only rank, so that there are none."""
        others: list[Node] = [node for node in nodes if not isinstance(node, Word)]
        if any(self.means(text) for node in others for text in wanted_text(node)):
            return [], others
        return [node for node in nodes if isinstance(node, Word)], others


@dataclass(frozen=True, slots=True)
class Substitutes:
    """What stands in for wanted words: stems of words that begin with one or hold it, and corrections."""

    endings: Mapping[Word, tuple[KnownStem, ...]]
    parts: Mapping[Word, tuple[KnownStem, ...]]
    corrections: Mapping[Word, KnownWord]


def understand(audience: Audience, query: Query) -> Understood:
    """Look the words of a query up: one round trip; up to four more for a beginning, unknown and mistyped words.

    Nothing comes in that the audience sees in no insight. Words behind a NOT are taken as they are.
    """
    texts = list(all_text(query.root))
    if not texts:
        unread = query.root is None and query.sort is None and bool(query.text.strip())
        return Understood(query, {}, 0, 0.0, None, infix=False, as_it_stands=unread)
    known = look_up(audience, (node.text for node in texts))
    wanted = [node for node in wanted_text(query.root) if isinstance(node, Word) and known.words[node.text].stems]
    return _understood(query, texts, known, _substitutes(audience, known, wanted))


def _understood(query: Query, texts: Iterable[Word | Phrase], known: Known, instead: Substitutes) -> Understood:
    replaced = {word: replace(word, text=meant.word, prefix=False) for word, meant in instead.corrections.items()}
    terms = {
        replaced.get(node, node): _term(node, known.words[node.text], instead)
        for node in texts
        if isinstance(node, Word) and known.words[node.text].stems
    }
    phrases = {
        node: _stems(known.words[node.text].stems)
        for node in texts
        if isinstance(node, Phrase) and known.words[node.text].written
    }
    right = corrected(query, {word: meant.word for word, meant in instead.corrections.items()}) if replaced else None
    root = _replaced(query.root, replaced) if query.root else None
    return Understood(
        query=replace(query, text=right or query.text, root=root),
        terms=terms,
        documents=known.documents,
        average_length=known.average_length,
        counted=known.counted,
        corrected=right,
        infix=bool(instead.parts),
        as_it_stands=_nothing_to_look_up(root, terms, phrases),
        phrases=phrases,
    )


def _substitutes(audience: Audience, known: Known, wanted: Iterable[Word]) -> Substitutes:
    bare = {word: _bare(known.words[word.text]) for word in wanted}
    unknown = [word for word in bare if not known.words[word.text].seen][:MOST_HELPED]
    begun = [word for word in bare if word.prefix and len(bare[word]) >= LEAST_BEGINNING]
    parted = [word for word in unknown if len(bare[word]) >= LEAST_PART]
    patterns = [beginning_with(bare[word]) for word in begun] + [containing(bare[word]) for word in parted]
    found = stems_of_words_with(audience, patterns) if patterns else []
    endings = {word: stems for word, stems in zip(begun, found, strict=False) if stems}
    parts = {word: stems for word, stems in zip(parted, found[len(begun) :], strict=True) if stems}
    helpless = {word: bare[word] for word in unknown if word not in endings and word not in parts}
    right = corrections(audience, dict.fromkeys(helpless.values()))
    return Substitutes(
        endings=endings,
        parts={word: stems for word, stems in parts.items() if word not in endings},
        corrections={word: right[typed] for word, typed in helpless.items() if typed in right},
    )


def _bare(known: KnownWord) -> str:
    """The word as the dictionary would have it: folded, without signs around it."""
    return known.written[0] if len(known.written) == 1 else known.word


def _term(word: Word, known: KnownWord, instead: Substitutes) -> Term:
    known = instead.corrections.get(word, known)
    others = instead.parts.get(word) or instead.endings.get(word, ())
    own = {stem.text for stem in known.stems}
    return Term(
        word=known.word,
        stems=_stems(known.stems),
        others=_stems(stem for stem in others if stem.text not in own),
        others_weight=1.0 if word in instead.parts else 0.5,
    )


def _stems(known: Iterable[KnownStem]) -> tuple[Stem, ...]:
    return tuple(Stem(stem.text, stem.documents) for stem in known)


def _replaced(node: Node, words: Mapping[Word, Word]) -> Node:
    match node:
        case Word():
            return words.get(node, node)
        case Not(part):
            return Not(_replaced(part, words))
        case Every(nodes) | Sequence(nodes) | Either(nodes):
            return replace(node, nodes=tuple(_replaced(part, words) for part in nodes))
    return node


def _nothing_to_look_up(
    root: Node | None, terms: Mapping[Word, Term], phrases: Mapping[Phrase, tuple[Stem, ...]]
) -> bool:
    """Whether text is wanted, and nothing but text, of which no part can be found by its words."""
    text = list(wanted_text(root))
    words = (terms[node].found for node in text if isinstance(node, Word) and node in terms)
    said = (phrases[node] for node in text if isinstance(node, Phrase) and node in phrases)
    if not text or any(words) or any(stems and all(stem.documents[0] for stem in stems) for stems in said):
        return False
    return all(is_text(part) or not list(wanted_text(part)) for part in parts_that_hold(root))
