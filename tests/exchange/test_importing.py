"""An import writes each batch whole or not at all, never doubles a row, and says what it did."""

import json
import threading
from collections.abc import Sequence

import psycopg
import pytest
from flask import Flask

from app.core.db import read_rows, transact
from app.exchange import importing
from app.exchange.commands import Written, import_batch
from app.exchange.importing import Options, Outcome, Report, run_import
from app.exchange.rows import Row
from app.identity.acting import acting
from app.identity.actor import LOCAL_ADMINISTRATOR
from app.insights.commands.trashing import delete_insight
from app.insights.commands.updating import update_insight
from app.insights.commands.writing import create_insight
from tests.exchange.conftest import Write
from tests.exchange.stored import imported, numbers, versions

HEADER = "external_key,title,description,author,category,tags,created_at,published_at\n"
THREE = (
    HEADER
    + "a,Alpha,First,Ann,Ops,Red;Blue,2024-01-01,2024-01-02\n"
    + "b,Beta,Second,Bob,Ops,red,2024-01-01,2024-01-02\n"
    + "c,Gamma,Third,Cid,,,,\n"
)


@pytest.fixture(autouse=True)
def _in_app(app: Flask) -> None:
    """Every test runs inside the application, over empty tables."""


def test_rows_become_insights(written: Write):
    report, told = imported(written("a.csv", THREE))

    assert told == ["a.csv:2 created a", "a.csv:3 created b", "a.csv:4 created c"]
    assert dict(report.counts) == {"created": 3}
    assert report.complete
    rows = read_rows(
        "SELECT i.external_key, i.title, i.description, i.author, c.name, i.status,"
        " iso_utc(i.created_at) AS created_at, iso_utc(i.published_at) AS published_at,"
        " ARRAY(SELECT t.name FROM insight_tags JOIN tags t ON t.id = tag_id"
        " WHERE insight_id = i.id ORDER BY 1) FROM insights i LEFT JOIN categories c ON c.id = category_id"
        " ORDER BY i.id"
    )
    assert [tuple(row) for row in rows[:2]] == [
        ("a", "Alpha", "First", "Ann", "Ops", "published", "2024-01-01T00:00:00.000000Z",
         "2024-01-02T00:00:00.000000Z", ["Blue", "Red"]),
        ("b", "Beta", "Second", "Bob", "Ops", "published", "2024-01-01T00:00:00.000000Z",
         "2024-01-02T00:00:00.000000Z", ["Red"]),
    ]  # fmt: skip
    assert numbers() == (3, 2, 1)


def test_a_second_run_touches_nothing(written: Write):
    imported(written("a.csv", THREE))
    before = read_rows("SELECT id, version, updated_at FROM insights ORDER BY id")

    _, told = imported(written("a.csv", THREE))

    assert told == ["a.csv:2 unchanged a", "a.csv:3 unchanged b", "a.csv:4 unchanged c"]
    assert read_rows("SELECT id, version, updated_at FROM insights ORDER BY id") == before


def test_only_what_changed_is_updated(written: Write):
    imported(written("a.csv", THREE))

    _, told = imported(
        written(
            "a.csv", THREE.replace("First", "Premier").replace("Beta,Second,Bob,Ops,red", "Beta,Second,Bob,Ops,green")
        )
    )

    assert told == ["a.csv:2 updated a", "a.csv:3 updated b", "a.csv:4 unchanged c"]
    assert versions() == {"a": 2, "b": 2, "c": 1}


def test_other_spellings_of_tags_and_category_are_no_change(written: Write):
    imported(written("a.csv", THREE))

    _, told = imported(written("a.csv", THREE.replace("Ops", "OPS").replace("Red;Blue", "blue;réd")))

    assert told == ["a.csv:2 unchanged a", "a.csv:3 unchanged b", "a.csv:4 unchanged c"]
    assert numbers() == (3, 2, 1)


def test_what_a_file_does_not_say_stays_as_people_made_it(written: Write):
    imported(written("a.csv", "external_key,title,description\na,T,D\n"))
    transact(update_insight, 1, {"status": "archived", "author": "Ann", "tags": ["x"], "extra": {"n": 1}})

    _, told = imported(written("a.csv", "external_key,title,description\na,T,D\n"))

    assert told == ["a.csv:2 unchanged a"]
    [row] = read_rows("SELECT status, author, metadata, version FROM insights")
    assert tuple(row) == ("archived", "Ann", {"n": 1}, 2)


def test_numbers_and_truth_values_of_metadata_are_compared_as_they_are_stored(written: Write):
    line = '{"external_key": "a", "title": "T", "description": "D", "metadata": {"n": %s}}'
    told = [imported(written("a.json", line % value))[1] for value in ("1", "1.0", "true", "1e300", "1e300", "[1, {}]")]

    assert told == [
        ["a.json:1 created a"],
        ["a.json:1 unchanged a"],
        ["a.json:1 updated a"],
        ["a.json:1 updated a"],
        ["a.json:1 unchanged a"],
        ["a.json:1 updated a"],
    ]
    assert versions() == {"a": 4}


def test_what_was_deleted_stays_deleted(written: Write):
    imported(written("a.csv", THREE))
    [public_id] = read_rows("SELECT CAST(public_id AS text) AS public_id FROM insights WHERE id = 2")
    transact(delete_insight, 1)
    transact(delete_insight, 2)
    trashed = read_rows("SELECT * FROM insight_trash ORDER BY id")
    again = THREE.replace("First", "Premier").replace("Red;Blue", "Green") + "d,Delta,Fourth,Dan,,,,\n"

    dry, told = imported(written("a.csv", again), dry_run=True)
    report, again_told = imported(written("a.csv", again))
    by_id = json.dumps({"public_id": public_id[0], "title": "Beta", "description": "Zweite"})
    _, told_by_id = imported(written("b.json", by_id))

    expected = ["left out, in the trash a", "left out, in the trash b", "unchanged c", "created d"]
    assert told == again_told == [f"a.csv:{line} {what}" for line, what in enumerate(expected, 2)]
    assert told_by_id == ["b.json:1 left out, in the trash Beta"]
    assert dict(report.counts) == {"left out, in the trash": 2, "unchanged": 1, "created": 1}
    assert (report.complete, dry.complete) == (True, True)
    assert str(report).startswith(
        "4 rows: 1 created, 0 updated, 1 unchanged, 0 failed, 2 left out, in the trash; 0 warnings; "
    )
    assert versions() == {"c": 1, "d": 1}
    assert read_rows("SELECT * FROM insight_trash ORDER BY id") == trashed
    assert [row.name for row in read_rows("SELECT name FROM tags ORDER BY name")] == ["Blue", "Red"]


def test_a_key_that_says_none_is_no_missing_key(written: Write):
    lines = [{"title": "T", "description": "D", "public_id": "00000000-0000-4000-8000-000000000001"}]
    imported(written("a.json", json.dumps(lines)))

    _, told = imported(written("a.json", json.dumps([*lines, {**lines[0], "external_key": "None", "public_id": None}])))

    assert told == ["a.json:1 unchanged T", "a.json:1 created None"]


def test_tags_alone_are_a_change(written: Write):
    imported(written("a.csv", THREE))

    changed = THREE.replace("Red;Blue", "Blue;Green").replace("Third,Cid,,", "Third,Cid,,Red")
    _, told = imported(written("a.csv", changed))

    assert told == ["a.csv:2 updated a", "a.csv:3 unchanged b", "a.csv:4 updated c"]
    assert versions() == {"a": 2, "b": 1, "c": 2}
    linked = read_rows(
        "SELECT i.external_key, array_agg(t.name ORDER BY t.name) FROM insights i"
        " JOIN insight_tags ON insight_id = i.id JOIN tags_counted t ON t.id = tag_id GROUP BY 1 ORDER BY 1"
    )
    assert [tuple(row) for row in linked] == [("a", ["Blue", "Green"]), ("b", ["Red"]), ("c", ["Red"])]
    counted = read_rows("SELECT name, usage_count FROM tags_counted ORDER BY name")
    assert [tuple(row) for row in counted] == [("Blue", 1), ("Green", 1), ("Red", 2)]


def test_a_time_of_update_alone_is_no_change(written: Write):
    line = {"external_key": "a", "title": "T", "description": "D", "updated_at": "2024-01-01T00:00:00Z"}
    imported(written("a.json", json.dumps(line)))
    transact(update_insight, 1, {"title": "Other"})

    _, first = imported(written("a.json", json.dumps(line)))
    _, second = imported(written("a.json", json.dumps(line)))

    assert (first, second) == (["a.json:1 updated a"], ["a.json:1 unchanged a"])


def test_an_insight_without_key_is_found_by_its_public_id(written: Write):
    public_id = "01a200c6-c05f-718c-8863-9b23a39da4fc"
    line = {"external_key": None, "public_id": public_id, "title": "T", "description": "D"}
    imported(written("a.json", json.dumps(line)))

    _, told = imported(written("a.json", json.dumps({**line, "title": "U"})))

    assert told == ["a.json:1 updated U"]
    [row] = read_rows("SELECT external_key, public_id::text, title FROM insights")
    assert tuple(row) == (None, public_id, "U")


def test_a_batch_with_a_wrong_row_is_left_out_whole_and_the_others_are_written(written: Write):
    lines = [f"k{number},Title {number},Text,Ann,,t{number},," for number in range(6)]
    lines[2] = "k2,,Text,Ann,,t2,,"

    report, told = imported(written("a.csv", HEADER + "\n".join(lines)), batch_size=2)

    assert told == [
        "a.csv:2 created k0",
        "a.csv:3 created k1",
        "a.csv:4 failed k2",
        "error a.csv:4: title: is required",
        "a.csv:5 left out k3",
        "a.csv:6 created k4",
        "a.csv:7 created k5",
    ]
    assert list(versions()) == ["k0", "k1", "k4", "k5"]
    assert numbers() == (4, 4, 0)
    assert not report.complete
    assert str(report).startswith("6 rows: 4 created, 0 updated, 0 unchanged, 1 failed, 1 left out; 0 warnings; ")


def test_a_key_may_come_once_in_an_import(written: Write):
    _, told = imported(written("a.csv", THREE + "a,Again,Text,Ann,,,,\n"), batch_size=3)

    assert told[3:] == ["a.csv:5 failed a", "error a.csv:5: external_key: 'a' was already given at a.csv:2"]
    assert numbers() == (3, 2, 1)


def test_a_dry_run_says_what_a_run_would_do_and_does_nothing(written: Write):
    imported(written("a.csv", THREE))
    lines = THREE.replace("First", "Premier") + "d,,Text,Ann,,,,\ne,Echo,Text,Ann,New,new,,\nf,Fox,Text,Ann,New,NEW,,\n"
    before = (numbers(), versions())

    tried, tried_told = imported(written("a.csv", lines), batch_size=2, dry_run=True)
    untouched = (numbers(), versions())
    real, real_told = imported(written("a.csv", lines), batch_size=2)

    assert untouched == before
    assert tried_told == real_told
    assert (tried.counts, tried.warnings) == (real.counts, real.warnings)
    assert dict(real.counts) == {"updated": 1, "unchanged": 1, "failed": 1, "left out": 1, "created": 2}


def test_nobody_waits_for_a_dry_run(written: Write, owner_connection: psycopg.Connection):
    imported(written("a.csv", THREE))
    lines = THREE.replace("First", "Premier").replace("Ops,red", "New,new").replace("b,Beta", "d,Delta")
    waited: list[str] = []

    def write(outcome: Outcome, position: int) -> None:
        with owner_connection.transaction(force_rollback=True):
            owner_connection.execute("SET LOCAL lock_timeout = '200ms'")
            owner_connection.execute("UPDATE insights SET priority = 'high'")
            owner_connection.execute("INSERT INTO categories (name, slug) VALUES ('New', 'new')")
            owner_connection.execute("INSERT INTO tags (name, slug) VALUES ('new', 'new')")
            owner_connection.execute(
                "INSERT INTO insights (external_key, title, description, author) VALUES ('d', 'T', 'D', 'A')"
            )
        waited.append(outcome.what)

    run_import(written("a.csv", lines), Options(dry_run=True, batch_size=1), write)

    assert waited == ["updated", "created", "unchanged"]


def test_a_dry_run_judges_a_row_by_what_is_stored(written: Write):
    imported(written("a.csv", THREE))
    [row] = read_rows("SELECT public_id::text FROM insights WHERE external_key = 'a'")
    renamed = {"external_key": "n", "public_id": row.public_id, "title": "Alpha", "description": "First"}
    reader = written("a.json", json.dumps([renamed, {"external_key": "a", "title": "T", "description": "D"}]))

    _, tried_told = imported(reader, dry_run=True, batch_size=1)
    _, told = imported(reader, batch_size=1)

    assert told == ["a.json:1 updated n", "a.json:1 created a"]
    assert tried_told == [
        "a.json:1 updated n",
        "a.json:1 failed a",
        "error a.json:1: is the same insight as the row at a.json:1",
    ]


def test_what_is_told_beside_a_batch_stands_or_falls_with_it(written: Write):
    def beside(done: Sequence[str]) -> None:
        create_insight({"title": f"Beside {', '.join(done)}", "description": "D", "author": "Ann"})

    reader = written("a.csv", THREE.replace("Beta", ""))
    run_import(reader, Options(batch_size=1), lambda outcome, position: None, beside)
    run_import(reader, Options(dry_run=True), lambda outcome, position: None, beside)

    told = [row.title for row in read_rows("SELECT title FROM insights WHERE external_key IS NULL ORDER BY id")]
    assert told == ["Beside created", "Beside created"]


def test_two_imports_of_the_same_rows_at_once_make_each_once(written: Write, application: Flask):
    reader = written("a.csv", HEADER + "".join(f"k{number},T,D,Ann,Cat,t{number},,\n" for number in range(40)))
    reports: list[Report] = []

    def run() -> None:
        with application.app_context(), acting(LOCAL_ADMINISTRATOR):
            reports.append(imported(reader, batch_size=5)[0])

    threads = [threading.Thread(target=run) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sum((report.counts for report in reports), start=type(reports[0].counts)()) == {
        "created": 40,
        "unchanged": 80,
    }
    assert numbers() == (40, 40, 1)


def test_an_import_costs_a_few_statements_whatever_its_rows(written: Write, statements):
    imported(written("a.csv", HEADER + "".join(f"k{n},T,D,Ann,Cat,a;b,,\n" for n in range(100))))
    imported(written("a.csv", HEADER + "".join(f"k{n},T,D,Ann,Cat,a;b,,\n" for n in range(100))))

    created_and_unchanged = len(statements())
    imported(written("a.csv", HEADER + "".join(f"k{n},U,D,Ann,Cat,a;c,,\n" for n in range(100))))

    assert created_and_unchanged <= 20
    assert len(statements()) - created_and_unchanged <= 16


def test_an_insight_made_by_hand_is_not_touched(written: Write):
    transact(create_insight, {"title": "Alpha", "description": "First", "author": "Ann"})

    imported(written("a.csv", THREE))

    assert versions() == {None: 1, "a": 1, "b": 1, "c": 1}


def test_large_rows_make_small_batches(written: Write, monkeypatch: pytest.MonkeyPatch):
    sizes: list[int] = []

    def counted(rows: Sequence[Row]) -> list[Written]:
        sizes.append(len(rows))
        return import_batch(rows)

    monkeypatch.setattr(importing, "import_batch", counted)
    monkeypatch.setattr(importing, "LARGEST_BATCH", 1000)
    texts = ["x" * 1500, "x", "x" * 600, "x" * 600, "x"]
    imported(written("a.csv", "external_key,title,description,content\n" + "".join(
        f"k{number},T,D,{text}\n" for number, text in enumerate(texts))))  # fmt: skip

    assert sizes == [1, 3, 1]


def test_rows_without_a_date_are_counted(written: Write):
    lines = "a,published,\nb,published,2024-01-01\nc,draft,\nd,,\n"
    reader = written("a.csv", "title,status,created_at,description\n" + lines.replace("\n", ",D\n"))

    assert imported(reader)[0].notes == ["2 rows without a date: dated now"]
    assert imported(reader)[0].notes == []
