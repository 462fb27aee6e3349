"""Texts of tsqueries on stems."""

from collections.abc import Iterable
from dataclasses import dataclass

from app.search.language.tree import Either, Every, Node, Phrase, Sequence, Word
from app.search.queries.words import Stem, Term, Understood


@dataclass(frozen=True, slots=True)
class Tokens:
    """A tsquery, and how many ``documents`` fulfil it at most, as far as they were counted."""

    query: str
    documents: int


def quoted(stem: str) -> str:
    """One stem, whatever signs it has."""
    return "'" + stem.replace("\\", "\\\\").replace("'", "''") + "'"


def bracketed(sign: str, queries: Iterable[str]) -> str:
    """Several as one. There is at least one."""
    parts = list(dict.fromkeys(queries))
    return parts[0] if len(parts) == 1 else f"({f' {sign} '.join(parts)})"


def all_of(stems: Iterable[Stem]) -> str:
    return bracketed("&", (quoted(stem.text) for stem in stems))


def of_term(term: Term) -> str:
    """Its own stems, or any of the others."""
    return bracketed("|", [all_of(term.stems), *(quoted(stem.text) for stem in term.others)])


def necessary_tokens(understood: Understood, node: Node | None) -> Tokens | None:
    """What every document has that is found by a part of the query; None when it may have anything."""
    match node:
        case Word():
            return _of_word(understood.terms.get(node))
        case Phrase():
            return _of_phrase(understood.phrases.get(node, ()))
        case Either(nodes):
            return _of_alternatives(understood, nodes)
        case Every(nodes):
            return _of_all(necessary_tokens(understood, part) for part in nodes)
        case Sequence(nodes):
            words, others = understood.words_and_others(nodes)
            wanted = [_of_alternatives(understood, words)] if words else []
            return _of_all([*(necessary_tokens(understood, part) for part in others), *wanted])
    return None


def _of_word(term: Term | None) -> Tokens | None:
    if term is None:
        return None
    documents = min(stem.documents[0] for stem in term.stems) + sum(stem.documents[0] for stem in term.others)
    return Tokens(of_term(term), documents)


def _of_phrase(stems: tuple[Stem, ...]) -> Tokens | None:
    return Tokens(all_of(stems), min(stem.documents[0] for stem in stems)) if stems else None


def _of_alternatives(understood: Understood, nodes: Iterable[Node]) -> Tokens | None:
    parts = [necessary_tokens(understood, node) for node in nodes if understood.means(node)]
    known = [part for part in parts if part]
    if not known or len(known) < len(parts):
        return None
    return Tokens(bracketed("|", (part.query for part in known)), sum(part.documents for part in known))


def _of_all(parts: Iterable[Tokens | None]) -> Tokens | None:
    known = [part for part in parts if part]
    if not known:
        return None
    return Tokens(bracketed("&", (part.query for part in known)), min(part.documents for part in known))
