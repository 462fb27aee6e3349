"""The text of a query with other words in the place of some of its own."""

from collections.abc import Mapping

from app.search.language.tree import Query, Word


def corrected(query: Query, replacements: Mapping[Word, str]) -> str:
    """All of the text as it was typed but for the words of ``replacements``."""
    pieces, at = [], 0
    for word in sorted(replacements, key=lambda word: word.start):
        pieces += [query.text[at : word.start], replacements[word]]
        at = word.end
    return "".join([*pieces, query.text[at:]])
