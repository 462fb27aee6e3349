"""Markdown as the pages show it: useful, and inert."""

import re
from time import thread_time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.core import markdown
from app.core.markdown import Heading, render

LINK = '<a class="permalink" href="#{}" aria-label="Link to this section" rel="noopener noreferrer nofollow"></a>'


@pytest.mark.parametrize(
    ("source", "html"),
    [
        ("*a* **b** `c`", "<p><em>a</em> <strong>b</strong> <code>c</code></p>"),
        ("~~gone~~", "<p><s>gone</s></p>"),
        ("# Title", f'<h2 id="section-title">Title{LINK.format("section-title")}</h2>'),
        ("###### Deep", f'<h2 id="section-deep">Deep{LINK.format("section-deep")}</h2>'),
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
    assert render("# Content").html.startswith('<h2 id="section-content">Content<')


def test_many_headings_of_the_same_words_each_have_an_id_of_their_own() -> None:
    names = [heading.id for heading in render("# A\n# A 1\n" + "# A\n" * 2000).headings]
    assert names[:5] == ["section-a", "section-a-1", "section-a-2", "section-a-3", "section-a-4"]
    assert len(set(names)) == 2002


def test_code_is_marked_by_what_its_words_are() -> None:
    html = render('```python title="x"\ndef f(): return "<b>"\n```').html
    assert html.startswith(
        '<pre><code class="language-python"><span class="hl-k">def</span><span class="hl-w"> </span>'
    )
    assert "&lt;b&gt;" in html


@pytest.mark.parametrize("language", ["mermaid", "unknown", "PYTHON3000", '"><script>', ""])
def test_other_code_stays_as_it_is_written(language: str) -> None:
    html = render(f"```{language}\nif a < b: c\n```").html
    assert ">if a &lt; b: c\n</code></pre>" in html
    assert "<span" not in html


def test_code_that_takes_too_long_stays_plain(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "<span" not in render("```python\n" + "x = 1\n" * 2000 + "```").html
    monkeypatch.setattr(markdown, "COLOURING_SECONDS", -1)
    assert (
        render("```python\ndef g(): pass\n```").html
        == '<pre><code class="language-python">def g(): pass\n</code></pre>\n'
    )


def test_code_that_was_made_to_be_slow_is_given_up() -> None:
    begun = thread_time()
    assert "<span" not in render("```cpp\n" + "\n" * 7900 + "int a;\n```").html
    assert thread_time() - begun < 2 * markdown.COLOURING_SECONDS


@pytest.mark.parametrize(
    ("source", "boxes"),
    [
        ("- [ ] a\n- [x] b\n- [X] c", ["to do", "done", "done"]),
        ("1. [x] a\n   - [ ] b\n\n2. c", ["done", "to do"]),
        ("- [ ] a\n\n- [ ] b", ["to do", "to do"]),
        ("- [ ]a\n- [y] b\n- x [ ] c\n- [ ](/x) d\n\n[ ] e", []),
        ("> - [x] **b**", ["done"]),
    ],
)
def test_task_lists(source: str, boxes: list[str]) -> None:
    assert re.findall(r'<input [^>]*aria-label="([^"]*)"', render(source).html) == boxes


def test_images_of_attachments_are_shown() -> None:
    assert render("![A chart](/attachments/1/a.png)").html == '<p><img src="/attachments/1/a.png" alt="A chart"></p>\n'


@pytest.mark.parametrize("sign", ["\n\n", "\n", " ", ""])
def test_a_very_long_text_ends_as_it_is_written(sign: str) -> None:
    words = "*word*" + sign
    html = render(words * (300_000 // len(words)) + "\n\n*last* <b>").html
    assert html.count("<em>") <= 100_000 / len(words)
    assert '<p class="rest-note">' in html
    assert html.endswith("*last* &lt;b&gt;</pre>\n")
    written = html.count("<em>") + html.count("*word*")
    assert written == 300_000 // len(words) or sign == ""


@pytest.mark.parametrize("source", ["# A\n", "- [ ] a\n", "[", "```c\n//\n```\n", "*a **b "])
def test_no_text_takes_long(source: str) -> None:
    before = thread_time()
    render(source * (1_000_000 // len(source)))
    assert thread_time() - before < 10


@settings(max_examples=50, deadline=None)
@given(st.text(alphabet=st.sampled_from("<>\"'=/ \n[](){}!#*`:&;javscriptonerdmg"), max_size=80))
def test_nothing_can_run(source: str) -> None:
    html = render(source).html.lower()
    assert "<script" not in html
    for tag in re.findall(r"<[^>]*>", html):
        assert not re.search(r"\son\w+=|(href|src)=\"?\s*(javascript|data):", tag)
