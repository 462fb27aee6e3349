"""Texts of the capture form: from an insight to them and back."""

from typing import Any

import pytest

from app.capture.schemas import CaptureForm, TemplateForm, loaded
from app.capture.typed import differing, texts_of
from app.errors import Invalid
from app.taxonomy.forms import tag_names, tags_text

STORED: dict[str, Any] = {
    "title": "Two\nlines", "description": "One\r\ntwo\rthree", "content": None, "source": None, "author": "Ada",
    "category_id": 7, "priority": "low", "status": "draft", "visibility": "INTERNAL",
    "tags": [{"name": "Incident"}, {"name": 'Say "hi", twice'}, {"name": '"x'}],
}  # fmt: skip
SHOWN = {
    "title": "Twolines", "description": "One\ntwo\nthree", "content": "", "source": "", "author": "Ada",
    "category_id": "7", "priority": "low", "status": "draft", "visibility": "INTERNAL",
    "tags": 'Incident, "Say ""hi"", twice", """x"', "message": "",
}  # fmt: skip
REQUIRED = {"title": "T", "description": "D", "author": "A"}


def test_an_insight_as_texts() -> None:
    assert texts_of(STORED) == SHOWN


def test_what_nobody_touched_says_nothing() -> None:
    sent = {name: text.replace("\n", "\r\n") for name, text in SHOWN.items()}
    assert differing(sent, SHOWN) == {}
    assert differing(sent | {"tags": '"""x", incident,, "Say ""hi"", twice"'}, SHOWN) == {}
    assert differing(sent | {"title": "Two lines"}, SHOWN) == {"title": "Two lines"}
    assert differing({"tags": "Incident"}, SHOWN) == {"tags": "Incident"}
    assert differing({"content": " "}, SHOWN) == {"content": " "}


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("", []),
        (" , ,, ", []),
        ("one", ["one"]),
        (" one , two three,one", ["one", "two three"]),
        ("Über, uber, ÜBER", ["Über", "uber"]),
        ('"a, b", c', ["a, b", "c"]),
        ('"a, b" , c', ["a, b", "c"]),
        ('"say ""hi"""', ['say "hi"']),
        ('"open, end', ['"open', "end"]),
        ('half"way"', ['half"way"']),
        ('"a"b, c', ['"a"b', "c"]),
    ],
)
def test_names_of_tags(text: str, names: list[str]) -> None:
    assert tag_names(text) == names


@pytest.mark.parametrize("names", [[], ["one", "two"], ["a, b"], ['"'], ['"a"'], ["a,"], [',"'], ['x"y']])
def test_names_of_tags_come_back(names: list[str]) -> None:
    assert tag_names(tags_text(names)) == names


def test_many_quotes_take_no_time() -> None:
    assert len(tag_names(',"' * 5_000)) == 1


def test_what_a_new_one_loads_as() -> None:
    texts = dict.fromkeys(SHOWN, "") | REQUIRED | {"tags": "x, y", "content": "a\r\nb", "title": " T\n"}
    assert loaded(CaptureForm(), texts) == {
        "title": "T", "description": "D", "author": "A", "tags": ["x", "y"], "content": "a\nb", "source": None,
        "category_id": None,
    }  # fmt: skip


def test_what_is_absent_is_not_asked_for() -> None:
    assert loaded(CaptureForm(), {"source": "s"}) == {"source": "s"}
    assert loaded(CaptureForm(), {"tags": "", "content": " \r\n"}) == {"tags": [], "content": None}


@pytest.mark.parametrize(
    ("texts", "wrong"),
    [
        ({"title": " ", "description": "", "author": "\t"}, {"title", "description", "author"}),
        ({"title": "x" * 501}, {"title"}),
        ({"priority": "huge", "visibility": "public"}, {"priority", "visibility"}),
        ({"category_id": "x"}, {"category_id"}),
        ({"tags": "y" * 51}, {"tags"}),
        ({"tags": ", ".join(map(str, range(201)))}, {"tags"}),
        ({"tags": "," * 20_000}, {"tags"}),
        ({"content": "x" * 1_000_001}, {"content"}),
        ({"content": "a\x00b"}, {"content"}),
    ],
)
def test_everything_wrong_is_named(texts: dict[str, str], wrong: set[str]) -> None:
    with pytest.raises(Invalid) as refusal:
        loaded(CaptureForm(), texts)
    assert {error.path[0] for error in refusal.value.errors} == wrong


def test_line_feeds_count_as_one_character() -> None:
    assert loaded(CaptureForm(), {"content": "\r\n" * 600_000 + "."})["content"] == "\n" * 600_000 + "."


def test_a_template_needs_nothing_but_a_name() -> None:
    assert loaded(TemplateForm(), {"name": "N", "title": "", "shared": "true"}) == {"name": "N", "shared": True}
    with pytest.raises(Invalid):
        loaded(TemplateForm(), {"name": "", "title": "T"})
