"""Markdown as the pages show it: useful, and inert."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.core.markdown import Heading, render


@pytest.mark.parametrize(
    ("source", "html"),
    [
        ("*a* **b** `c`", "<p><em>a</em> <strong>b</strong> <code>c</code></p>"),
        ("~~gone~~", "<p><s>gone</s></p>"),
        ("# Title", '<h2 id="section-title">Title</h2>'),
        ("###### Deep", '<h2 id="section-deep">Deep</h2>'),
        ("<b>raw</b>", "<p>&lt;b&gt;raw&lt;/b&gt;</p>"),
        ("[x](https://a.example)", '<p><a href="https://a.example" rel="noopener noreferrer nofollow">x</a></p>'),
        ("[x](javascript:alert(1))", "<p>[x](javascript:alert(1))</p>"),
    ],
)
def test_what_is_written_is_shown(source: str, html: str) -> None:
    assert render(source).html.strip() == html


def test_tables_tasks_and_footnotes() -> None:
    html = render("| a |\n|---|\n| b |\n\n- [x] done\n- [ ] open\n\ntext[^1]\n\n[^1]: note").html
    assert "<table>" in html
    assert html.count('type="checkbox"') == 2
    assert html.count('checked="checked"') == 1
    assert 'href="#fn1"' in html


def test_the_headings_are_the_table_of_contents() -> None:
    assert render("# One\n## Two `x`\n# One").headings == (
        Heading("section-one", "One", 2),
        Heading("section-two-x", "Two x", 3),
        Heading("section-one-1", "One", 2),
    )


def test_a_heading_does_not_take_the_place_of_a_part_of_the_page() -> None:
    assert render("# Content").html.strip() == '<h2 id="section-content">Content</h2>'


@settings(max_examples=50, deadline=None)
@given(st.text(alphabet=st.sampled_from("<>\"'=/ \n[](){}!#*`:&;javscriptonerdmg"), max_size=80))
def test_nothing_can_run(source: str) -> None:
    html = render(source).html.lower()
    assert "<script" not in html
    for tag in re.findall(r"<[^>]*>", html):
        assert not re.search(r"\son\w+=|(href|src)=\"?\s*(javascript|data):", tag)
