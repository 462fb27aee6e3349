"""Whatever is typed parses, or is refused with places and suggestions that lead to what does."""

import time
from contextlib import suppress
from datetime import UTC, datetime

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from app.errors import Invalid
from app.search.language.parser import parse
from app.search.language.tree import Word
from app.search.models import QUERY_LENGTH
from tests.search.language.printing import leaves, printed, unplaced

NOW = datetime(2026, 3, 31, tzinfo=UTC)
ROUNDS = 12
PIECES = """( ) " “ - -- NOT AND OR . , : :( :) => < >= = ? foo Bar café 日本 x2 don't a-b c) f(x) std::map https://a.b/c?d
    tag: tags: category: category:= author: source: status: priority: visibility: created: updated: published: has: is:
    sort: prioriy: statu: port: draft published archived,draft publishd >=high >hihg INTERNAL content mine untagged
    2026 2026-02 2026-02-29 2026-02-28 2026-13 .. 2026-01..2026-03 2026..2025 <7d >=36h 7d <2w >1m <=9y <999999y
    today last-month yesterdy >9999 <0001 9999 title -title newest \x00 \x01 \ud800 \u0301 ² ” „"""
SEPARATORS = st.sampled_from([" ", "", " ", "\n", "\t "])
TYPED = st.one_of(
    st.lists(st.tuples(st.sampled_from(PIECES.split()), SEPARATORS), max_size=25).map(
        lambda parts: "".join(map("".join, parts))
    ),
    st.text(st.characters(codec=None), max_size=80),
)


@settings(deadline=None)
@given(TYPED)
@example("(" * 25 + "a" + ")" * 25)
@example("a " * 301)
@example("OR " * 300)
@example("- " * 300)
@example("x" * 5001)
@example("tag:" + "x," * 200)
def test_any_text_parses_or_the_suggestions_lead_to_one_that_does(text: str) -> None:
    for _ in range(ROUNDS):
        try:
            parse(text, NOW)
            return
        except Invalid as invalid:
            text = bettered(text, invalid)
    pytest.fail(f"the suggestions don't end: {text}")


def bettered(text: str, invalid: Invalid) -> str:
    """The text with all suggestions in place; they don't overlap."""
    assert invalid.errors
    end = len(text)
    for error in sorted(invalid.errors, key=lambda error: error.position, reverse=True):
        assert error.path == ("query",)
        assert error.message
        assert 0 <= error.position < error.position + error.length <= end
        text = text[: error.position] + error.suggestion + text[error.position + error.length :]
        end = error.position
    return text


@settings(deadline=None)
@given(TYPED)
@example("(a OR (b c")
@example("f(x (g(y z) OR.")
@example("NOT ???")
@example("(x :(a)b) c")
@example('is:""x tag:"a"b,c')
def test_a_printed_tree_parses_to_the_same_tree(text: str) -> None:
    try:
        query = parse(text, NOW)
    except Invalid:
        return
    again = parse(printed(query, NOW), NOW)
    assert (unplaced(again.root), again.sort) == (unplaced(query.root), query.sort)


@settings(deadline=None)
@given(TYPED)
def test_words_stand_where_they_say(text: str) -> None:
    try:
        query = parse(text, NOW)
    except Invalid:
        return
    for word in leaves(query.root) if query.root else []:
        if isinstance(word, Word):
            assert query.text[word.start : word.end] == word.text
            assert word.prefix in (word.end == len(text), False)


@pytest.mark.parametrize(
    "piece",
    [
        '"',
        "(",
        ")",
        "()",
        "-",
        "- ",
        ":",
        ",",
        ',"',
        'a"',
        ".",
        "OR ",
        "tag:",
        "tag: ",
        'tag:""',
        "is:,",
        "tag:(",
        "a:",
        "status:x,",
        "status:x ",
        "created:2026..",
        "created:9",
        "sort:x ",
        "statu:x ",
        "((x",
        "ſ",
        "\u0301",
        "x" * 60,
    ],
)
def test_no_text_takes_long(piece: str) -> None:
    text = (piece * QUERY_LENGTH)[:QUERY_LENGTH]
    took = []
    for _ in range(3):
        start = time.perf_counter()
        with suppress(Invalid):
            parse(text, NOW)
        took.append(time.perf_counter() - start)
    assert min(took) < 0.25  # a few milliseconds, on a machine that does nothing else
