"""Where a text stands, as HTML that is safe to show."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.search.queries.highlights import FRAGMENT_LENGTH, Marks, highlights

LONG = " ".join(f"word{n}" for n in range(400))


def marks(*phrases: tuple[str, ...], literal: str | None = None) -> Marks:
    return Marks(frozenset(), phrases, literal)


def shown(text: str, *known: str, what: Marks | None = None, field: str = "content") -> list[str]:
    fields: dict[str, Any] = {"title": None, "description": None, "content": None, field: text}
    return highlights(what or marks(), known, fields).get(field, [])


@pytest.mark.parametrize(
    ("text", "known", "expected"),
    [
        ("Retries multiply the load", ["retries"], "<mark>Retries</mark> multiply the load"),
        ("Café, CAFÉ and cafes", ["cafe"], "<mark>Café</mark>, <mark>CAFÉ</mark> and cafes"),
        ("Cafe\u0301 is decomposed", ["cafe"], "<mark>Cafe\u0301</mark> is decomposed"),
        ("die Straße", ["strasse"], "die <mark>Straße</mark>"),
        ("Smørrebrød og Łódź", ["smorrebrod", "lodz"], "<mark>Smørrebrød</mark> og <mark>Łódź</mark>"),
        ("ＷＩＤＥ words", ["wide"], "<mark>ＷＩＤＥ</mark> words"),
        ("㌀ is six in one", ["アパート"], "<mark>㌀</mark> is six in one"),
        ("a retry, retrying", ["retry"], "a <mark>retry</mark>, retrying"),
        ("a_b a b", ["a"], "<mark>a</mark>_b <mark>a</mark> b"),
        ("see example.org/a or example", ["example.org"], "see <mark>example.org</mark>/a or example"),
        ("no hit", ["other"], None),
        ("<b>x</b> & \"y\" 'z'", ["x"], "&lt;b&gt;<mark>x</mark>&lt;/b&gt; &amp; &quot;y&quot; &#x27;z&#x27;"),
        ("<mark>evil</mark>", ["evil"], "&lt;mark&gt;<mark>evil</mark>&lt;/mark&gt;"),
        ("one\n\n  two\tthree", ["two"], "one <mark>two</mark> three"),
    ],
)
def test_words_are_marked_as_they_are_written(text: str, known: list[str], expected: str | None) -> None:
    assert shown(text, *known) == ([expected] if expected else [])


def test_content_is_shown_without_the_signs_of_markdown() -> None:
    text = "## Retry\n\n**Retry** with [a pool](//retry.example):\n\n```retry 2\n**kwargs\n```\nthe **retry** budget"
    [fragment] = shown(text, "retry", what=marks(("retry", "budget")))
    assert fragment.replace("<mark>retry</mark>", "R") == (
        "<mark>Retry</mark> <mark>Retry</mark> with a pool(//R.example): R 2 **kwargs the R budget"
    )
    assert shown("the **retry** budget", what=marks(("retry", "budget"))) == ["the <mark>retry budget</mark>"]
    assert shown("**as** it is", "as", field="description") == ["**<mark>as</mark>** it is"]
    assert shown("**as** it is", "as", field="title") == ["**<mark>as</mark>** it is"]
    assert shown("2 `**` 3", what=marks(literal="**")) == ["2 `<mark>**</mark>` 3"]


def test_a_phrase_is_marked_only_where_all_of_it_stands() -> None:
    text = "Hours of opening. Opening hours: opening, hours"
    expected = ["Hours of opening. <mark>Opening hours</mark>: <mark>opening, hours</mark>"]
    assert shown(text, what=marks(("opening", "hours"))) == expected


def test_signs_are_marked_as_they_stand() -> None:
    assert shown("50% <-> 100%", what=marks(literal="<->")) == ["50% <mark>&lt;-&gt;</mark> 100%"]


def test_a_title_is_shown_whole_and_other_texts_in_fragments() -> None:
    text = f"{LONG} needle {LONG}"
    assert shown(LONG[:500], "word0", field="title") == [f"<mark>word0</mark>{LONG[5:500]}"]
    [fragment] = shown(text, "needle")
    assert (fragment[:6], fragment[-2:]) == ("… word", " …")
    assert "<mark>needle</mark>" in fragment
    assert 20 <= len(fragment.split()) <= 40
    fragments = shown(text, "word1", "word100", "word200", "word300", "needle")
    assert len(fragments) == 3
    assert all("<mark>" in each for each in fragments)


def test_the_fragments_with_the_most_different_words_are_chosen() -> None:
    text = f"alpha {LONG} alpha {LONG} alpha beta gamma {LONG} beta"
    fragments = shown(text, "alpha", "beta", "gamma")
    assert "<mark>alpha</mark> <mark>beta</mark> <mark>gamma</mark>" in " ".join(fragments)


def test_a_text_without_gaps_is_cut_where_it_must_be() -> None:
    [fragment] = shown("日" * 500 + " needle " + "本" * 500, "needle")
    assert len(fragment) <= FRAGMENT_LENGTH + len("… <mark></mark> …")


@given(
    text=st.text(alphabet=st.sampled_from("ab é\u0301ßＡ<&>\"'_-\n㌀İ"), max_size=400),
    known=st.lists(st.sampled_from(["a", "ab", "e", "ss", "i", "b-a", ""]), max_size=3),
    literal=st.sampled_from([None, "<", "a"]),
)
def test_marks_change_nothing_but_the_gaps(text: str, known: list[str], literal: str | None) -> None:
    """Taking the marks away gives escaped pieces of the text, whatever stands in it."""
    for fragment in shown(text, *known, what=marks(literal=literal), field="description"):
        plain = fragment.replace("<mark>", "").replace("</mark>", "")
        assert not {"<", ">"} & set(plain)
        assert fragment.count("<mark>") == fragment.count("</mark>") > 0
        for sign, entity in ((">", "&gt;"), ("<", "&lt;"), ('"', "&quot;"), ("'", "&#x27;"), ("&", "&amp;")):
            plain = plain.replace(entity, sign)
        flat = " ".join(text.split())
        assert plain.removeprefix("… ").removesuffix(" …").strip() in flat
