"""The text with other words in the place of some of its own."""

from datetime import UTC, datetime

from app.search.language.correcting import corrected
from app.search.language.parser import parse
from app.search.language.tree import Word
from tests.search.language.printing import leaves

NOW = datetime(2026, 3, 31, 10, 30, tzinfo=UTC)


def test_only_the_words_change() -> None:
    query = parse('  how to Deplyo, (tag:deplyo OR "deplyo")  a deplyo?  ', NOW)
    assert query.root is not None
    words = [leaf for leaf in leaves(query.root) if isinstance(leaf, Word)]
    replacements = {word: "deploy" for word in reversed(words) if word.text.lower() == "deplyo"}
    assert len(replacements) == 2
    assert corrected(query, replacements) == '  how to deploy, (tag:deplyo OR "deplyo")  a deploy?  '


def test_longer_and_shorter_words() -> None:
    query = parse("a bcd e", NOW)
    assert corrected(query, {Word("a", 0): "xyz", Word("bcd", 2): "", Word("e", 6, prefix=True): "é"}) == "xyz  é"


def test_nothing_to_replace() -> None:
    assert corrected(parse(" a  b ", NOW), {}) == " a  b "
