"""Texts that were made to be slow: what they cost is counted, and nothing of them is lost or runs."""

import re
import sys
from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

from app.core import markdown, markdown_effort
from app.core.markdown import LONGEST, render
from app.core.markdown_effort import MOST, MOST_COLUMNS, MOST_REPEATED, fresh_environment
from tests.insights.test_library_pages import XSS

DOCS = Path(__file__).parents[2] / "docs" / "reference"
# Lines of Python that run for a text of 20,000 characters; of some of these they were hundreds of millions.
LENGTH, MOST_LINES = 20_000, 800_000
SLOW = {
    "brackets": "[",
    "images": "![",
    "links": "[x](y)",
    "references": "[a][b",
    "emphasis": "*a_ ",
    "pairs": "**a** ",
    "strokes": "~~a ",
    "one run": "a" + "*" * LONGEST,
    "rising ticks": "".join("e" + "`" * length for length in range(3, 300)) * 2,
    "notes": "[^a]: b\n\n" + "[^a" * LONGEST,
    "notes in notes": "^[" * 2000 + "]" * 2000,
    "addresses": "http://a",
    "schemes": "a://b ",
    "lists": "- a\n",
    "quotes": ">" * 17 + "a\n",
    "quoted once": ">" * 1000 + "a\n" + "b\n" * LONGEST,
    "short lines": "a\n",
    "headings": "#\n",
    "definitions": "[a]:b\n",
    "a label": "[" + "a\n" * LONGEST,
    "a wide table": "|" + "a|" * 25_000 + "\n|" + "-|" * 25_000,
    "empty cells": "|" + "a|" * 190 + "\n|" + "-|" * 190 + "\n" + "|\n" * LONGEST,
}


class Words(HTMLParser):
    """The text of a page, and its tags as they are read by a browser."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.text = ""
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)
        self.close()

    def handle_data(self, data: str) -> None:
        self.text += data

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))


def slow(kind: str, length: int) -> str:
    return (SLOW[kind] * (length // len(SLOW[kind]) + 1))[:length]


def lines_run(source: str, most: int) -> int:
    """How many lines of Python it takes to show it; it ends when there are too many."""
    run = 0

    def count(frame: FrameType, event: str, argument: Any) -> Any:
        nonlocal run
        run += event == "line"
        assert run <= most
        return count

    before = sys.gettrace()
    sys.settrace(count)
    try:
        markdown._rendered(source)
    finally:
        sys.settrace(before)
    return run


@pytest.mark.parametrize("kind", SLOW)
def test_no_text_runs_more_lines_than_it_may(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(markdown_effort, "MOST", MOST // 10)
    monkeypatch.setattr(markdown_effort, "MOST_FOR_BLOCKS", MOST // 15)
    assert lines_run(slow(kind, LENGTH), MOST_LINES) > 100


@pytest.mark.parametrize("kind", SLOW)
def test_a_long_paragraph_behind_it_is_not_lost(kind: str) -> None:
    assert "the last words" in Words(render(f"{slow(kind, LONGEST - 100)}\n\nthe last words").html).text


def test_reference_documents_are_formatted_to_the_end() -> None:
    source = "\n\n".join(path.read_text() for path in sorted(DOCS.glob("*.md")))[:LONGEST]
    environment = fresh_environment()
    markdown._parser().parse(source, environment)
    assert environment["effort"].left > MOST / 3
    assert environment["effort"].rest is None
    assert "rest" not in {attributes.get("class") for _, attributes in Words(render(source).html).elements}


@pytest.mark.parametrize(
    "begin", ["- {}\n", "> {}\n\n", "# {}\n", "{}\n", "1. {}\n", "|a|\n|-|\n|{}|\n\n", "*{} ", "[{}](x) "]
)
def test_every_word_is_shown_once_in_its_order(begin: str) -> None:
    source, words = "", []
    while len(source) < LONGEST - 100:
        words.append(f"word{len(words)}")
        source += begin.format(words[-1])
    assert re.findall(r"word\d+", Words(render(source).html).text) == words


def test_from_where_the_blocks_were_given_up_the_text_is_as_it_is_written() -> None:
    source = "".join(f"- *{number}*\n" for number in range(9_000))
    shown, _, rest = render(source).html.partition('<pre class="rest">')
    number = shown.count("<li>")
    assert 0 < number < 9_000
    first = re.search(r"\d+", rest)
    assert first is not None
    assert unescape(rest.removesuffix("</pre>\n")) == "\n".join(source.split("\n")[int(first[0]) :])
    assert "<em>0</em>" in shown


def test_when_the_effort_is_spent_words_are_as_they_are_written_and_blocks_go_on() -> None:
    html = render("[" * 90_000 + "\n\n- *a*\n- `b`").html
    assert html.endswith("<ul>\n<li>*a*</li>\n<li>`b`</li>\n</ul>\n")
    assert "rest-note" not in html


@pytest.mark.parametrize("sign", ["> ", "- ", "1. ", "> - "])
def test_what_lies_too_deep_is_shown_as_it_is_written(sign: str) -> None:
    html = render(f"{sign * 30}deep *words*\n\nbehind").html
    assert "deep *words*\n</code></pre>" in html
    assert html.endswith("<p>behind</p>\n")


def test_nine_lists_in_each_other_are_lists() -> None:
    html = render("".join("  " * level + f"- *{level}*\n" for level in range(9))).html
    assert html.count("<ul>") == 9
    assert "<em>8</em>" in html


def test_an_address_that_is_used_often_does_not_make_a_huge_page() -> None:
    html = render(f"[a]: http://b.example/{'c' * 10_000}\n\n" + "[a] " * 1000).html
    links = html.count("<a ")
    assert 0 < links <= MOST_REPEATED / 10_000
    assert html.count("[a]") == 1000 - links


@pytest.mark.parametrize(("columns", "tables"), [(MOST_COLUMNS - 1, 1), (MOST_COLUMNS, 0)])
def test_a_table_has_no_more_columns_than_anybody_reads(columns: int, tables: int) -> None:
    html = render("|" + "a|" * columns + "\n|" + "-|" * columns).html
    assert html.count("<table>") == tables
    assert Words(html).text.count("a") == columns


def test_of_much_code_the_first_is_coloured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(markdown, "COLOURING_SECONDS", 60)
    fence = "```python\n" + "x = 1\n" * 1_300 + "```\n\n"
    html = render(fence * 3 + "```python\ny = 2\n```").html
    coloured = ["<span" in block for block in html.split("</pre>")[:4]]
    assert coloured == [True, True, False, True]


@pytest.mark.parametrize("before", ["[" * 50_000, "- a\n" * 20_000, "> " * 30, "http://a" * 10_000, "\n" * LONGEST])
def test_nothing_runs_where_the_text_is_bounded(before: str) -> None:
    html = render(before + "\n\n".join([*XSS, *XSS])).html
    assert html.count("alert(1)") == 2 * "".join(XSS).count("alert(1)")
    for tag, attributes in Words(html).elements:
        assert tag in markdown.TAGS - {"style", "script", "iframe", "base", "form", "svg"}
        assert not [name for name in attributes if name.startswith("on")]
        for name in ("href", "src"):
            assert not re.match(r"\s*(javascript|data|vbscript):", attributes.get(name) or "", re.IGNORECASE)
