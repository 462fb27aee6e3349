"""Which field a name stands for, what stands in for what is missing, and what is doubtful or wrong."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from app.errors import Invalid
from app.exchange.formats.markdown import MarkdownReader
from app.exchange.mapping import read_map
from app.exchange.rows import Row, first_sentence
from tests.exchange.conftest import Write
from tests.exchange.reading import rows


def of(written: Write, **values: object) -> Row:
    [row] = rows(written("a.json", json.dumps(values)))
    return row


def wrong(row: Row) -> list[str]:
    return [str(problem) for problem in row.problems]


def doubts(row: Row) -> list[str]:
    return [str(warning) for warning in row.warnings]


def test_an_incident_report_fits_without_a_map(samples: Path):
    [row] = rows(MarkdownReader(samples / "tricky.md"))

    assert wrong(row) == []
    assert doubts(row) == []
    assert row.given == {
        "external_key": "5f0c8a52-93f4-4c0e-9d1a-3f6f0c1c7a10",
        "title": "Quotes \" and 'colons': no problem 🚑",
        "description": "Two lines become one.\n",
        "content": "First paragraph.\n\n---\n\n\tIndented after a rule: `a: b`.",
        "source": "https://status.example.org/incidents/0123",
        "author": "Off",
        "category_name": "cloud",
        "tags": ["config-change", "no", "on", "0123", "Cloud", "yes: no"],
        "created_at": datetime(2024, 3, 1, 8, tzinfo=UTC),
        "published_at": datetime(2024, 3, 5, tzinfo=UTC),
        "extra": {
            "end_time": "2024-03-01T10:30:00+01:00",
            "product": "Shop: checkout",
            "severity": 3,
            "ratio": 1.5,
            "code": "0042",
            "retried": True,
            "owner": None,
            "links": [],
        },
    }
    assert row.draft["status"] == "published"


def test_title_and_description_are_made_of_what_there_is(samples: Path):
    [row] = rows(MarkdownReader(samples / "windows.md"))

    assert row.given["title"] == "Example Ltd: Gateway"
    assert row.given["description"] == "It stopped."
    assert row.given["category_name"] is None
    assert row.given["tags"] == []


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("# Title\n\n- One thing. Another.", "- One thing."),
        ("```\ncode.\n```\n\nSeen at 5 p.m.\nand v1.2 too! Next", "Seen at 5 p.m."),
        ("No end", "No end"),
        ("# Only a heading", ""),
    ],
)
def test_the_first_sentence_is_the_first_prose(content: str, sentence: str):
    assert first_sentence(content) == sentence


def test_a_new_insight_without_author_and_status_gets_the_defaults(written: Write):
    row = of(written, title="T", description="D", external_key="k")

    assert row.given == {"title": "T", "description": "D", "external_key": "k"}
    assert row.draft == {**row.given, "author": "Unknown", "status": "published"}


def test_one_date_stands_in_for_the_other(written: Write):
    moment = datetime(2024, 1, 1, tzinfo=UTC)
    created = of(written, title="T", description="D", created_at="2024-01-01")
    published = of(written, title="T", description="D", published_at="2024-01-01T00:00:00Z")
    draft = of(written, title="T", description="D", created_at="2024-01-01", status="draft")

    assert (created.draft["created_at"], created.draft["published_at"]) == (moment, moment)
    assert (published.draft["created_at"], published.draft["published_at"]) == (moment, moment)
    assert "published_at" not in draft.draft
    assert "published_at" not in created.given


def test_nothing_is_created_after_its_publication(written: Write):
    row = of(written, title="T", description="D", start_time="2024-01-02T10:00:00Z", source_published_at="2024-01-02")

    assert row.given["created_at"] == row.given["published_at"] == datetime(2024, 1, 2, tzinfo=UTC)
    assert row.given["extra"] == {"start_time": "2024-01-02T10:00:00Z"}
    assert doubts(row) == [
        "a.json:1: start_time: lies after the publication, whose time is used instead; kept in the metadata"
    ]


def test_what_does_not_fit_is_told_and_never_cut(written: Write):
    row = of(written, title="T", description="D", keywords=["k" * 50, "k" * 51], url="u" * 256)

    assert row.given["tags"] == ["k" * 50]
    assert row.given["source"] is None
    assert row.given["extra"] == {"url": "u" * 256}
    assert doubts(row) == [
        f"a.json:1: keywords: the tag {'k' * 51!r} has more than 50 characters and is left out",
        "a.json:1: url: has more than 255 characters; kept in the metadata only",
    ]


def test_tags_are_a_list_or_split_at_semicolons(written: Write):
    assert of(written, title="T", description="D", tags="a; b ;A;;").given["tags"] == ["a", "b"]
    [row] = rows(written("a.csv", 'title,description,tags,metadata\nT,D,"[""a;b"", ""c""]","{""n"": 1}"\n'))
    assert row.given["tags"] == ["a;b", "c"]
    assert row.given["extra"] == {"n": 1}


def test_our_own_names_win_and_the_other_goes_to_the_metadata(written: Write):
    row = of(written, title="T", description="D", summary="S", category="C", categories=["X", "c"], source="s", url="u")

    assert (row.given["description"], row.given["source"], row.given["category_name"]) == ("D", "s", "C")
    assert row.given["tags"] == ["X"]
    assert row.given["extra"] == {"summary": "S", "url": "u"}


def test_an_empty_cell_clears_and_a_missing_column_says_nothing(written: Write):
    [row] = rows(written("a.csv", "external_key,title,description,content,source,category,tags,metadata\nk,T,,,,,,\n"))

    assert row.given == {
        "external_key": "k", "title": "T", "description": "", "content": None, "source": None,
        "category_name": None, "tags": [], "extra": {},
    }  # fmt: skip


def test_every_wrong_field_is_named_as_the_file_names_it(samples: Path, written: Write):
    row = of(written, uuid="k", title="", summary="S", company="c" * 256, status="done", start_time="soon",
             keywords=["ok", {}], metadata=[1], public_id="x")  # fmt: skip

    assert sorted(wrong(row)) == [
        "a.json:1: company: must have 255 characters at most, has 256",
        "a.json:1: keywords: item 2 must be text",
        "a.json:1: metadata: must be an object",
        "a.json:1: public_id: must be a UUID",
        "a.json:1: start_time: must be a time such as 2026-11-22T09:30:00Z",
        "a.json:1: status: must be one of draft, published, archived",
    ]


def test_a_wrong_field_of_front_matter_is_found_on_its_line(written: Write):
    [row] = rows(written("a.md", "---\ntitle: T\nsummary: S\npriority: urgent\n---\nText\0\n"))

    assert wrong(row) == [
        "a.md:6: content: must not contain the NUL character",
        "a.md:4: priority: must be one of low, medium, high, critical",
    ]


def test_a_row_without_a_key_gets_one_that_lasts(written: Write):
    first = of(written, title="T", description="D", tags=["a"])
    changed = of(written, title="T", description="other", content="more", tags=[])
    other = of(written, title="U", description="D")

    assert first.given["external_key"] == changed.given["external_key"] == "row:3fcad96b4f9822da96d51037d8fe9268"
    assert other.given["external_key"] != first.given["external_key"]


def test_an_exported_row_without_a_key_keeps_having_none(written: Write):
    row = of(written, title="T", description="D", external_key=None, public_id="01a200c6-c05f-718c-8863-9b23a39da4fc")

    assert row.identities == [("public_id", "01a200c6-c05f-718c-8863-9b23a39da4fc")]
    assert "external_key" not in row.given


def test_a_map_names_other_names(tmp_path: Path, written: Write):
    path = tmp_path / "map.yaml"
    path.write_text("fields:\n  title: Headline\n  author: [Owner, Team]\n  tags: company\nignore: [Internal]\n")
    reader = written("a.csv", "Headline,summary,Owner,Team,company,Internal,Other\nT,S,,Ops,x;y,secret,kept\n")

    [row] = rows(reader, read_map(path))

    assert row.given["title"] == "T"
    assert row.given["author"] == "Ops"
    assert row.given["tags"] == ["x", "y"]
    assert row.given["extra"] == {"Other": "kept"}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("fields: {titel: x}\n", "fields.titel: no such field (did you mean title?)"),
        ("columns: {}\n", "columns: is not a known field"),
        ("fields: [a]\n", "fields: must be a mapping"),
        ("fields: {title: {a: b}}\n", "fields.title.value: must be a list"),
    ],
)
def test_a_wrong_map_is_refused(tmp_path: Path, content: str, message: str):
    path = tmp_path / "map.yaml"
    path.write_text(content)

    with pytest.raises(Invalid) as raised:
        read_map(path)

    assert raised.value.detail == f"{path}: {message}"


def test_a_map_that_is_no_yaml_is_refused_with_its_line(tmp_path: Path):
    path = tmp_path / "map.yaml"
    path.write_text("fields:\n  title: [a\n")

    with pytest.raises(Invalid, match=r"map.yaml:3: is not valid YAML"):
        read_map(path)


def test_numbers_of_json_may_stand_for_text(tmp_path: Path, written: Write):
    path = tmp_path / "map.yaml"
    path.write_text("fields: {external_key: id}\n")

    [row] = rows(
        written("a.json", '{"id": 17, "title": 1.50, "description": true, "tags": [7], "n": 1.5}'), read_map(path)
    )

    assert row.given == {
        "external_key": "17", "title": "1.50", "description": "true", "tags": ["7"], "extra": {"n": 1.5},
    }  # fmt: skip
