"""What an excerpt of Markdown is shown without."""

import html
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.config import REPOSITORY
from app.core.markdown import render
from app.search.queries.formatted import AROUND, MOST_FENCES, Formatted
from app.search.queries.highlights import Marks, highlights

DEMO = sorted((REPOSITORY / "app" / "demo" / "insights").glob("*.md"))


def without(text: str, start: int = 0, end: int | None = None) -> str:
    """A part of the text, without its signs and with single gaps."""
    at, pieces, end = start, [], len(text) if end is None else end
    for sign in Formatted(text).signs(start, end):
        pieces += [text[at : sign.start], sign.instead]
        at = sign.end
    return " ".join("".join([*pieces, text[at:end]]).split())


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("## Context\r\n\r\nIt broke.", "Context It broke."),
        ("A **bold**, an *italic*, a ***both*** and an __old__ _word_", "A bold, an italic, a both and an old word"),
        ("**all *of* it** and ~~not this~~", "all of it and not this"),
        ("snake_case_name, 2 ** 3, a * b, #42, C# and ~/home", "snake_case_name, 2 ** 3, a * b, #42, C# and ~/home"),
        ("a **loose end and *another", "a **loose end and *another"),
        ("`**kwargs` and ``a `tick` `` and ` alone", "**kwargs and a `tick` and ` alone"),
        ('[the pool](/library/42) and ![a chart](/a.png "Load")', "the pool and a chart"),
        ("[![Build](badge.svg)](https://example.org/a_(b))", "Build"),
        ("a[0] and [not a link] (here) and f(x)", "a[0] and [not a link] (here) and f(x)"),
        (
            "see <https://example.org/a_b_c> or https://example.org/_x_",
            "see https://example.org/a_b_c or https://example.org/_x_",
        ),
        ("if a < b and b > c", "if a < b and b > c"),
        ("Measured[^1]\n\n[^1]: In June.", "Measured In June."),
        ("\\*not bold\\* and C:\\temp", "*not bold* and C:\\temp"),
        ("- one\n- [x] two\n  * three\n1. four", "one two three 1. four"),
        ("> quoted\n> > twice\n\n5 > 4", "quoted twice 5 > 4"),
        ("Title\n=====\n\n---\n\n* * *\n\n- - x", "Title - x"),
        ("| | Before |\n|---|:-:|\n| **p95** | 1 \\| 2 |", "Before p95 1 | 2"),
        ("ls | wc\na || b", "ls | wc a || b"),
        ("```python\n# a comment\nf(**all) | `x`\n```\n**after**", "# a comment f(**all) | `x` after"),
        ("~~~\n```\n* not an item\n~~~~\nand ``` here", "``` * not an item and ``` here"),
        ("before\n\n```\n**no end**", "before **no end**"),
        ("**over\n\na blank line**", "**over a blank line**"),
    ],
)
def test_only_what_makes_the_form_is_left_out(text: str, expected: str) -> None:
    assert without(text) == expected


def test_what_stands_around_a_part_counts() -> None:
    text = "**one `two** three` [four five](/six) seven**"
    assert without(text, text.index("three"), text.index("/six") + 2) == "three four five"
    code = f"```\n{'# line **x**' * 300}\n```\n\n# line"
    assert without(code, 2_000, 2_012) == code[2_000:2_012]
    assert without(code, len(code) - 8) == "line"


def test_a_long_table_is_one_far_from_its_head() -> None:
    text = "| a | b |\n|---|---|\n" + "| one | two |\n" * AROUND
    at = text.index("| one", len(text) // 2)
    assert without(text, at, at + 27) == "one two one two"


@pytest.mark.parametrize("path", DEMO, ids=lambda path: path.stem)
def test_it_has_the_words_of_the_page(path: Path) -> None:
    """But for the numbers of items, and those that lead to footnotes and back."""
    content = path.read_text(encoding="utf-8").split("---\n", 2)[2]
    inline = re.sub(r"</?(strong|em|code|a|s|span)\b[^>]*>", "", render(content).html)
    shown = html.unescape(re.sub("<[^>]+>", " ", inline)).split()
    written = without(re.sub(r"^\d\. ", "", content, flags=re.MULTILINE)).split()
    assert sorted(written) == sorted(word for word in shown if word not in ("[1]", "↩︎"))


@given(
    text=st.text(alphabet=st.sampled_from("ab \n`*_~[]()|#>-\\!<:^x1"), max_size=300),
    literal=st.sampled_from([None, "*", "]("]),
)
def test_no_hit_and_no_word_is_lost(text: str, literal: str | None) -> None:
    """What is left out are signs, and what a link or a fence names beside its text."""
    [fragments] = [
        *highlights(
            Marks(frozenset(), (("a",),), literal), [], {"title": "", "description": "", "content": text}
        ).values()
    ] or [[]]
    for fragment in fragments:
        assert fragment.count("<mark>") == fragment.count("</mark>") > 0
        assert "<mark></mark>" not in fragment
        plain = html.unescape(re.sub("</?mark>", "", fragment)).removeprefix("… ").removesuffix(" …")
        letters = iter(text)
        assert all(letter.isspace() or letter in letters for letter in plain)


@pytest.mark.parametrize(
    "text",
    [
        "`" * 2,
        "```\n",
        "~~~ x\n",
        "[",
        "](",
        "*a",
        "**a*",
        "_a_ ",
        "> ",
        "|-",
        "- ",
        "<http:",
        "\\",
        "![](",
        "~~a",
        "\n>",
    ],
)
def test_no_text_takes_long(text: str) -> None:
    """Each sign is read a few times at most, whatever was made of them."""
    content = text * (100_000 // len(text)) + "needle"
    found = Formatted(content).signs(len(content) - 200, len(content))
    assert len(found) <= 2 * AROUND
    assert len(Formatted(content).blocks) <= MOST_FENCES
