"""What each format reads, and what it says about what it can't read."""

import json
from pathlib import Path

import pytest

from app.exchange.formats import json as json_format
from app.exchange.formats.markdown import MarkdownReader
from tests.exchange.conftest import Write
from tests.exchange.reading import problems, values


def test_a_folder_is_read_in_the_order_of_its_paths(tmp_path: Path):
    for name in ("b.md", "a/z.md", "a/notes.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(f"---\ntitle: {name}\n---\nText\n")

    reader = MarkdownReader(tmp_path)

    assert reader.total == 2
    assert [(str(record.place), record.key, record.position) for record in reader] == [
        ("a/z.md:1", "file:a/z.md", 1),
        ("b.md:1", "file:b.md", 2),
    ]


def test_windows_line_ends_and_a_byte_order_mark_are_read(samples: Path):
    [record] = MarkdownReader(samples / "windows.md")

    assert record.values == {
        "uuid": "crlf-1",
        "product": "Gateway",
        "company": "Example Ltd",
        "categories": [],
        "content": "# Heading\n\nIt stopped. Then it\nran again.",
    }
    assert record.lines["content"] == 7


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"No front matter\n", "a.md:1: has no front matter: the first line must be ---"),
        (b"", "a.md:1: has no front matter: the first line must be ---"),
        (b"---\ntitle: x\n", "a.md:1: has front matter without an end: a line --- must follow it"),
        (b"---\ntitle: caf\xe9\n---\n", "a.md:2: is not UTF-8 (byte 0xe9)"),
        (b"---\na: 1\nb: c: d\n---\n", "a.md:3: is not valid YAML: mapping values are not allowed in this context"),
        (b"---\ntitle: a\ntitle: b\n---\n", "a.md:3: title: is given twice"),
    ],
)
def test_a_markdown_file_that_cannot_be_read(written: Write, content: bytes, problem: str):
    assert problems(written("a.md", content)) == [problem]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_the_delimiter_is_found_in_the_header(written: Write, delimiter: str):
    content = f"title{delimiter}description{delimiter}tags\r\nOne{delimiter}Text{delimiter}a\r\n"

    assert values(written("a.csv", content)) == [{"title": "One", "description": "Text", "tags": "a"}]


def test_cells_keep_their_lines_and_rows_know_theirs(written: Write):
    reader = written("a.csv", '\ufefftitle,description\n"a\r\nb","c ""d"", e"\n\nlast,x\n')

    assert [(str(record.place), dict(record.values)) for record in reader] == [
        ("a.csv:2", {"title": "a\r\nb", "description": 'c "d", e'}),
        ("a.csv:5", {"title": "last", "description": "x"}),
    ]


def test_an_empty_cell_counts_in_our_own_columns_only(written: Write):
    assert values(written("a.csv", "title,summary,source,team\nOne,,,\n")) == [{"title": "One", "source": ""}]


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (b"", ["a.csv:1: has no header row"]),
        (b"title,,x\n", ["a.csv:1: column 2 has no name"]),
        (b"title,title\n", ["a.csv:1: title: is the name of two columns"]),
        (b"title,caf\xe9\n", ["a.csv:1: the name of column 2 is not UTF-8"]),
        (
            b"title,b\n1\n2,2\n3,3,3\n",
            ["a.csv:2: has 1 cells, the header has 2", "a.csv:4: has 3 cells, the header has 2"],
        ),
        (b"title,b\nok,x\nbad,\xff\nok,y\n", ["a.csv:3: b: is not UTF-8"]),
        (b'title,b\n"a"b,c\nd,e\n', ["a.csv:2: is not valid CSV: ',' expected after '\"'"]),
        (b"title,b\na\rb,c\nd,e\n", ["a.csv:2: holds a CR outside quotes that ends no line"]),
        (b"title,b\ra,b\r", ["a.csv:1: ends its lines with CR alone: save it with LF or CR LF"]),
        (
            b"title,b\rc,d\ne,f\n",
            ["a.csv:1: the header holds a CR outside quotes that ends no line"],
        ),
        (b'title,"b\nc,d\n', ["a.csv:1: the header is not valid CSV: unexpected end of data"]),
        (
            b"title|description\na|b\n",
            ["a.csv:1: has one column: commas, semicolons or tabs separate columns, | does not"],
        ),
        (b'title,b\nd,"e\n', ["a.csv:2: is not valid CSV: unexpected end of data"]),
    ],
)
def test_a_table_that_cannot_be_read(written: Write, content: bytes, found: list[str]):
    assert problems(written("a.csv", content)) == found


def test_objects_come_as_an_array_or_line_by_line(written: Write, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(json_format, "CHUNK", 3)
    objects = [{"title": f"Nº {number} 🚑", "tags": ["a", {"b": [None, 1.5]}]} for number in range(5)]

    assert values(written("pretty.json", json.dumps(objects, indent=2, ensure_ascii=False))) == objects
    assert values(written("bom.json", "\ufeff" + json.dumps(objects, ensure_ascii=False))) == objects
    assert values(written("lines.json", "\n\n".join(json.dumps(each) for each in objects))) == objects
    assert values(written("empty.json", "[]\n")) == []
    assert values(written("nothing.json", "")) == []


def test_elements_of_an_array_know_their_lines(written: Write):
    reader = written("a.json", '[\n{"title": "one",\n "x": 1},\n\n {"title": "two"}]')

    assert [str(record.place) for record in reader] == ["a.json:2", "a.json:5"]


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (
            b'{"a": 1}\n{"a": \n[1]\n{"a": 2}\n',
            ["a.json:2: is not valid JSON: Expecting value (column 6)", "a.json:3: must be an object"],
        ),
        (b'{"a": NaN}\n', ["a.json:1: is not valid JSON: NaN is not a number of JSON"]),
        (b'{"a": "\xff"}\n', ["a.json:1: is not UTF-8"]),
        (b'[\n{"a": 1},\n{"a": "\xff"}]', ["a.json:3: is not UTF-8"]),
        (b'[\n{"a": 1},\n{"a" 2}]', ["a.json:3: is not valid JSON: Expecting ':' delimiter"]),
        (b'[\n{"a": 1}\n', ["a.json:3: is not valid JSON: expected ,"]),
        (b'[{"a": 1},\n 5]', ["a.json:2: must be an object"]),
        (b'{"a": 1}\n{"a": 1, "b": 2, "b": 3}\n', ["a.json:2: b: is given twice"]),
        (
            b'[{"a": 1},\n {"a": {"c": [{"d": 1, "d": 2}]}},\n {"a": 3, "a": 3}]',
            ["a.json:2: d: is given twice", "a.json:3: a: is given twice"],
        ),
        (b'[{"a": 1}]\n{"a": 2}', ["a.json:2: is not valid JSON: something follows the array"]),
        (b"[" + b'{"a":' * 100_000, ["a.json:1: is nested too deeply"]),
    ],
)
def test_json_that_cannot_be_read(written: Write, content: bytes, found: list[str]):
    assert problems(written("a.json", content)) == found


def test_an_object_with_a_key_twice_keeps_no_other_from_being_read(written: Write, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(json_format, "CHUNK", 3)

    assert values(written("a.json", '[{"a": "1"}, {"a": 1, "a": 2}, {"a": "3"}]')) == [{"a": "1"}, {"a": "3"}]


def test_json_scalars_are_the_text_they_were_written_as(written: Write):
    line = '{"id": 17, "ratio": 1.50, "on": true, "none": null, "list": [1, 2.0, "x", {"n": 1.0}], "object": {"n": 1}}'
    [record] = written("a.json", line)

    assert record.values == {
        "id": "17", "ratio": "1.50", "on": "true", "none": None, "list": ["1", "2.0", "x", {"n": 1.0}],
        "object": {"n": 1},
    }  # fmt: skip
    assert json.dumps(record.typed) == line.replace("1.50", "1.5")
