"""Which rows an import refuses when only the database can tell, and what becomes of the others."""

import json
from collections.abc import Iterator, Sequence

import psycopg
import pytest
from flask import Flask
from sqlalchemy.exc import DBAPIError

from app.core.db import read_rows
from app.errors import Refused
from app.exchange import importing
from app.exchange.commands import Written, import_batch
from app.exchange.importing import Report
from app.exchange.rows import Row
from tests.exchange.conftest import Write
from tests.exchange.stored import imported, versions

THREE = "external_key,title,description,published_at\na,Alpha,First,\nb,Beta,Second,\nc,Gamma,Third,\n"


@pytest.fixture(autouse=True)
def _in_app(app: Flask) -> None:
    """Every test runs inside the application, over empty tables."""


def test_what_the_database_refuses_fails_its_batch_only(written: Write, monkeypatch: pytest.MonkeyPatch):
    def refusing_b(rows: Sequence[Row]) -> list[Written]:
        if rows[0].label == "b":
            raise Refused("It breaks a constraint.")
        return import_batch(rows)

    monkeypatch.setattr(importing, "import_batch", refusing_b)
    report, told = imported(written("a.csv", THREE), batch_size=1)

    assert told == [
        "a.csv:2 created a",
        "a.csv:3 failed b",
        "error a.csv:3: It breaks a constraint.",
        "a.csv:4 created c",
    ]
    assert not report.complete


def two_names_of_one(written: Write, dry_run: bool, batch_size: int) -> tuple[Report, list[str]]:
    [row] = read_rows("SELECT public_id FROM insights WHERE external_key = 'a'")
    header = "external_key,public_id,title,description,published_at\n"
    lines = f"a,,First,D,2024-01-02\nz,,Zeta,D,2024-01-02\n,{row.public_id},Second,D,2024-01-02\n"
    return imported(written("two.csv", header + lines), dry_run=dry_run, batch_size=batch_size)


@pytest.mark.parametrize(("batch_size", "others"), [(500, "left out"), (3, "left out"), (2, None), (1, None)])
def test_a_stored_insight_may_come_once_by_whichever_of_its_keys(written: Write, batch_size: int, others: str | None):
    imported(written("a.csv", THREE))

    _, tried = two_names_of_one(written, True, batch_size)
    report, told = two_names_of_one(written, False, batch_size)

    assert tried == told
    assert told == [
        f"two.csv:2 {others or 'updated'} a",
        f"two.csv:3 {others or 'created'} z",
        "two.csv:4 failed Second",
        "error two.csv:4: is the same insight as the row at two.csv:2",
    ]
    assert not report.complete
    _, again = two_names_of_one(written, False, batch_size)
    assert again[0] == f"two.csv:2 {others or 'unchanged'} a"
    assert again[2:] == told[2:]
    assert versions() == ({"a": 1, "b": 1, "c": 1} if others else {"a": 2, "b": 1, "c": 1, "z": 1})


def test_rows_on_one_line_are_told_apart(written: Write):
    imported(written("a.csv", THREE))
    [row] = read_rows("SELECT public_id FROM insights WHERE external_key = 'a'")
    one = {"title": "T", "description": "D"}
    keys = [{"external_key": "a"}, {"external_key": "n"}, {"public_id": str(row.public_id)}, {"external_key": "n"}]
    reader = written("a.json", json.dumps([{**one, **key} for key in keys]))

    _, told = imported(reader, batch_size=1)

    assert told == [
        "a.json:1 updated a",
        "a.json:1 created n",
        "a.json:1 failed T",
        "error a.json:1: is the same insight as the row at a.json:1",
        "a.json:1 failed n",
        "error a.json:1: external_key: 'n' was already given at a.json:1",
    ]


@pytest.fixture
def odd_numbers_refused(owner_url: str) -> Iterator[None]:
    """A rule that only the database knows."""
    with psycopg.connect(owner_url, autocommit=True) as connection:
        connection.execute("ALTER TABLE insights ADD CONSTRAINT odd CHECK (metadata->>'n' NOT IN ('2', '5'))")
        yield
        connection.execute("ALTER TABLE insights DROP CONSTRAINT odd")


@pytest.mark.parametrize("dry_run", [True, False])
@pytest.mark.usefixtures("odd_numbers_refused")
def test_of_a_refused_batch_the_culprits_are_told_and_the_rest_is_left_out(written: Write, dry_run: bool):
    lines = "".join(f"k{number},T,D,{number}\n" for number in range(9))

    report, told = imported(
        written("a.csv", "external_key,title,description,n\n" + lines), batch_size=7, dry_run=dry_run
    )

    assert told == [
        "a.csv:2 left out k0",
        "a.csv:3 left out k1",
        "a.csv:4 failed k2",
        "error a.csv:4: The database refused this change: it breaks odd.",
        "a.csv:5 left out k3",
        "a.csv:6 left out k4",
        "a.csv:7 failed k5",
        "error a.csv:7: The database refused this change: it breaks odd.",
        "a.csv:8 left out k6",
        "a.csv:9 created k7",
        "a.csv:10 created k8",
    ]
    assert dict(report.counts) == {"failed": 2, "left out": 5, "created": 2}
    assert list(versions()) == ([] if dry_run else ["k7", "k8"])


@pytest.mark.parametrize("dry_run", [True, False])
def test_a_row_whose_public_id_another_insight_has_is_refused_alike(written: Write, dry_run: bool):
    public_id = "01a200c6-c05f-718c-8863-9b23a39da4fc"
    header = "external_key,public_id,title,description,created_at\n"
    imported(written("a.csv", header + f"a,{public_id},T,D,2024-01-01\n"))

    _, told = imported(written("b.csv", header + f"b,{public_id},U,D,2024-01-01\n"), dry_run=dry_run)

    assert told == ["b.csv:2 updated b"]
    assert list(versions()) == (["a"] if dry_run else ["b"])


@pytest.mark.parametrize("dry_run", [True, False])
def test_a_deadlock_is_tried_again(written: Write, monkeypatch: pytest.MonkeyPatch, dry_run: bool):
    calls: list[int] = []

    def deadlocked_once(rows: Sequence[Row]) -> list[Written]:
        calls.append(len(rows))
        if len(calls) == 1:
            raise DBAPIError("statement", None, psycopg.errors.DeadlockDetected())
        return import_batch(rows)

    monkeypatch.setattr(importing, "import_batch", deadlocked_once)
    report, _ = imported(written("a.csv", THREE), dry_run=dry_run)

    assert dict(report.counts) == {"created": 3}
    assert calls == [3, 3]
    assert list(versions()) == ([] if dry_run else ["a", "b", "c"])
