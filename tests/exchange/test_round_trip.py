"""What is exported and imported elsewhere is the same, to the byte."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import UUID

import psycopg
import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.core.db import transact
from app.exchange.formats.csv import CsvReader
from app.exchange.formats.json import JsonReader
from app.exchange.formats.markdown import MarkdownReader, file_names
from app.exchange.queries import tag_ids_named
from app.extensions import db
from app.insights.commands.writing import create_insights
from tests.conftest import EMPTY
from tests.exchange.stored import as_csv, as_json, as_markdown, imported

TEXT = st.text(st.characters(exclude_characters="\0", exclude_categories=("Cs",)), max_size=40)
AWKWARD = st.sampled_from(
    ["no", "on", "null", "~", "0123", "1.50", "true", "---", "...", "- a", "a: b", "# a", "'", '"', "\\", "{", "[",
     "&a", "*a", "!a", "%a", "@a", "`a", "a\r\nb", "a\rb", "\n\na", "a\n\n", "  a\n b", "---\na: b\n---\n", "\ufeffa",
     "\u2028", "\x85", "\x7f", "🚑", ";", "a;b", "=1+1", "a\tb", '"a","b"', "a\n---\nb", ","]
)  # fmt: skip
ANY_TEXT = TEXT | AWKWARD
LINE = ANY_TEXT.filter(lambda text: bool(text.strip()) and len(text.strip()) == len(text))
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False, allow_infinity=False)
    | ANY_TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(ANY_TEXT, inner, max_size=3),
    max_leaves=6,
)
MOMENT = st.datetimes(datetime(1950, 1, 1), datetime(2060, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
NAME = LINE.filter(lambda text: any(character.isalnum() for character in text))


@st.composite
def drafts(draw: st.DrawFn) -> dict[str, object]:
    created_at, published_at = sorted((draw(MOMENT), draw(MOMENT)))
    status = draw(st.sampled_from(["draft", "published", "archived"]))
    return {
        "external_key": draw(st.none() | LINE),
        "title": draw(LINE),
        "description": draw(ANY_TEXT),
        "content": draw(st.none() | ANY_TEXT.filter(bool)),
        "source": draw(st.none() | LINE),
        "author": draw(LINE),
        "category_name": draw(st.none() | NAME),
        "tags": draw(st.lists(NAME, max_size=3)),
        "priority": draw(st.sampled_from(["low", "medium", "high", "critical"])),
        "status": status,
        "visibility": draw(st.sampled_from(["PUBLIC", "INTERNAL", "RESTRICTED", "ANONYMISED"])),
        "extra": draw(st.dictionaries(ANY_TEXT, JSON, max_size=3)),
        "created_at": created_at,
        "updated_at": draw(MOMENT),
        "published_at": published_at if status == "published" else None,
    }


@pytest.fixture
def empty(owner_url: str, app: Flask) -> Callable[[], None]:
    def truncate() -> None:
        db.session.remove()
        with psycopg.connect(owner_url, autocommit=True) as connection:
            connection.execute(EMPTY)

    return truncate


def read_back(format_name: str, folder: Path) -> object:
    """Write an export of what is stored and open it as an import."""
    if format_name == "markdown":
        as_markdown(folder)
        return MarkdownReader(folder)
    path = folder / f"export.{format_name}"
    path.write_text(as_json() if format_name == "json" else as_csv(), encoding="utf-8", newline="")
    return JsonReader(path) if format_name == "json" else CsvReader(path)


@pytest.mark.parametrize("format_name", ["json", "csv", "markdown"])
@given(insights=st.lists(drafts(), min_size=1, max_size=3, unique_by=lambda draft: draft["external_key"] or object()))
@settings(max_examples=40, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_an_export_comes_back_as_it_was(empty: Callable[[], None], format_name: str, insights: list[dict[str, object]]):
    empty()
    transact(create_insights, insights)
    before = as_json()
    with TemporaryDirectory() as folder:
        reader = read_back(format_name, Path(folder))
        empty()
        report, told = imported(reader)

    assert dict(report.counts) == {"created": len(insights)}, told
    assert report.warnings == 0
    assert as_json() == before
    same = ("external_key", "title", "description", "content", "source", "author", "priority", "status", "visibility")
    told_before = [[insight[name] for name in same] for insight in json.loads(before)]
    assert told_before == [[insight[name] for name in same] for insight in insights]


@pytest.mark.parametrize("format_name", ["json", "csv", "markdown"])
def test_every_value_of_an_insight_comes_back(
    empty: Callable[[], None], format_name: str, tmp_path: Path, samples: Path
):
    imported(MarkdownReader(samples))
    texts = (as_json(), as_csv(), as_markdown(tmp_path / "before"))
    (tmp_path / "export").mkdir()
    reader = read_back(format_name, tmp_path / "export")
    empty()
    imported(reader)

    assert (as_json(), as_csv(), as_markdown(tmp_path / "after")) == texts
    tricky = next(insight for insight in json.loads(texts[0]) if insight["source"])
    assert tricky["title"] == "Quotes \" and 'colons': no problem 🚑"
    assert tricky["content"] == "First paragraph.\n\n---\n\n\tIndented after a rule: `a: b`."
    assert tricky["tags"] == ["0123", "Cloud", "config-change", "no", "on", "yes: no"]
    assert tricky["created_at"] == "2024-03-01T08:00:00.000000Z"
    assert tricky["metadata"]["code"] == "0042"


def test_an_export_is_filtered(app: Flask):
    common = {
        "description": "D",
        "published_at": datetime(2024, 1, 1, tzinfo=UTC),
        "created_at": datetime(2024, 1, 1, tzinfo=UTC),
    }
    in_both = {"category_name": "Ops", "tags": ["a", "b"]}
    transact(create_insights, [
        {**common, "title": "One", "author": "Ann_Lee", "status": "published", **in_both},
        {**common, "title": "Two", "author": "AnnXLee", "status": "draft", "category_name": "Ops", "tags": ["a"]},
        {**common, "title": "Three", "author": "Bob", "status": "draft", "tags": []},
    ])  # fmt: skip

    def titles(**wanted: object) -> list[str]:
        return [insight["title"] for insight in json.loads(as_json(**wanted))]

    assert titles() == ["One", "Two", "Three"]
    assert titles(status="draft") == ["Two", "Three"]
    assert titles(category="OPS") == ["One", "Two"]
    assert titles(tag_ids=tag_ids_named(["A"])) == ["One", "Two"]
    assert titles(tag_ids=tag_ids_named(["a", "B"])) == ["One"]
    assert titles(author="ann_l") == ["One"]


def test_an_export_is_read_in_batches(app: Flask, monkeypatch: pytest.MonkeyPatch, statements):
    monkeypatch.setattr("app.exchange.queries.BATCH", 2)
    transact(create_insights, [{"title": f"T{number}", "description": "", "author": "A"} for number in range(5)])

    assert [insight["title"] for insight in json.loads(as_json())] == ["T0", "T1", "T2", "T3", "T4"]
    assert sum("json_build_object" in statement for statement in statements()) == 4


def test_nothing_is_an_empty_export(app: Flask):
    assert as_json() == "[\n]\n"
    assert len(as_csv().splitlines()) == 1


def test_a_key_that_is_no_file_name_makes_none(app: Flask, tmp_path: Path):
    keys = ["plain-key_1.x", "../up", "A", "with space"]
    rows = [{"external_key": key, "title": f"Title {key}", "description": "D", "author": "A"} for key in keys]
    transact(create_insights, rows)
    names = sorted(name.rpartition(".md")[0] for name in as_markdown(tmp_path / "out"))

    assert [name[:-37] if name.startswith("title") else name for name in names] == [
        "plain-key_1.x",
        "title-a",
        "title-up",
        "title-with-space",
    ]


PUBLIC_ID = "01a200c6-c05f-718c-8863-9b23a39da4fc"


@pytest.mark.parametrize(
    ("key", "title", "name"),
    [
        ("plain", "T", "plain.md"),
        ("../../x", "Up and out", f"up-and-out-{PUBLIC_ID}.md"),
        ("/etc/passwd", "T", f"t-{PUBLIC_ID}.md"),
        ("a\0b", "T", f"t-{PUBLIC_ID}.md"),
        ("k" * 255, "T", f"t-{PUBLIC_ID}.md"),
        ("..", "T", f"t-{PUBLIC_ID}.md"),
        ("con", "T", f"t-{PUBLIC_ID}.md"),
        ("lpt1.report", "T", f"t-{PUBLIC_ID}.md"),
        ("console", "T", "console.md"),
        (None, "../../x", f"x-{PUBLIC_ID}.md"),
        (None, "語" * 100, f"{'語' * 36}-{PUBLIC_ID}.md"),
    ],
)
def test_a_file_is_named_safely(key: str | None, title: str, name: str):
    names = file_names({"external_key": key, "title": title, "public_id": PUBLIC_ID})

    assert (first := next(names)) == name
    assert len(first.encode()) <= 150


def test_two_insights_never_share_a_file(app: Flask, tmp_path: Path):
    ids = [f"01a200c6-c05f-718c-8863-9b23a39da4f{digit}" for digit in "abc"]
    common = {"title": "Same", "description": "D", "author": "A"}
    transact(create_insights, [
        {**common, "public_id": UUID(ids[0])},
        {**common, "public_id": UUID(ids[1]), "external_key": f"same-{ids[0]}"},
        {**common, "public_id": UUID(ids[2]), "external_key": ids[1]},
    ])  # fmt: skip

    files = as_markdown(tmp_path / "out")

    assert sorted(files) == sorted([f"same-{ids[0]}.md", f"same-{ids[1]}.md", f"{ids[1]}.md"])
    assert all(f'public_id: "{public_id}"'.encode() in b"".join(files.values()) for public_id in ids)


def test_keys_cannot_lead_out_of_the_folder(app: Flask, tmp_path: Path):
    keys = ["../../x", "/tmp/x", "..\\x", "x" * 255, "nul"]
    transact(create_insights, [{"external_key": key, "title": "T", "description": "", "author": "A"} for key in keys])

    assert len(as_markdown(tmp_path / "a" / "b" / "out")) == 5
    assert [path.name for path in tmp_path.rglob("*") if path.is_dir()] == ["a", "b", "out"]
    assert len([path for path in tmp_path.rglob("*") if path.is_file()]) == 5
