"""What is written down, by whom, and how long it stays."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import psycopg
import pytest
from flask import Flask
from flask.testing import FlaskClient
from psycopg.errors import InsufficientPrivilege
from psycopg.rows import dict_row

from app.audit.commands import Entry, keep_partitions, record, record_all, record_denial
from app.audit.jobs import UPKEEP
from app.audit.origin import Origin, current_origin, originating
from app.core.db import transact

SOMEBODY = Origin("person", "ann@example.org", 7, "203.0.113.5", "r1")
# Of the past months the log has none while the tests run.
OLD = "2020_01"

Rows = Callable[..., list[dict[str, Any]]]


@pytest.fixture
def rows(owner_url: str, app: Flask) -> Iterator[Rows]:
    """What was appended since the test began."""
    with psycopg.connect(owner_url, autocommit=True, row_factory=dict_row) as connection:
        [since] = connection.execute("SELECT coalesce(max(id), 0) AS id FROM audit_log").fetchall()

        def appended(columns: str) -> list[dict[str, Any]]:
            statement = f"SELECT {columns} FROM audit_log WHERE id > %s ORDER BY id"
            return connection.execute(statement, [since["id"]]).fetchall()

        yield appended


@pytest.fixture
def owner(owner_url: str) -> Iterator[psycopg.Connection[tuple[Any, ...]]]:
    with psycopg.connect(owner_url, autocommit=True) as connection:
        yield connection


def test_an_entry_says_who_did_what_to_what(rows: Rows) -> None:
    with originating(SOMEBODY):
        transact(record, "tag.update", 3, "Testing", {"name": ("Test", "Testing")})
    [entry] = rows("*, host(ip) AS address")
    moment = entry.pop("at")
    assert abs((datetime.now(UTC) - moment).total_seconds()) < 60
    del entry["id"], entry["ip"]
    assert entry == {
        "actor_kind": "person",
        "actor_id": 7,
        "actor_name": "ann@example.org",
        "address": "203.0.113.5",
        "request_id": "r1",
        "verb": "tag.update",
        "outcome": "done",
        "subject_type": "tag",
        "subject_id": "3",
        "subject_name": "Testing",
        "diff": {"name": ["Test", "Testing"]},
    }


def test_long_values_are_shortened(rows: Rows) -> None:
    transact(
        record, "insight.update", 1, "T" * 400, {"content": ("x" * 5000, None), "metadata": ({}, {"k": "v" * 300})}
    )
    [entry] = rows("subject_name, diff")
    assert entry["subject_name"] == "T" * 300
    assert entry["diff"]["content"] == ["x" * 200 + "… (5,000 characters)", None]
    assert entry["diff"]["metadata"][0] == {}
    assert entry["diff"]["metadata"][1].endswith("… (309 characters)")


def test_many_entries_cost_one_statement(rows: Rows, statements: Callable[[], list[str]]) -> None:
    before = len(statements())
    transact(record_all, [Entry("tag.create", number, f"t{number}") for number in range(500)])
    assert len(statements()) - before == 1
    assert len(rows("id")) == 500


def test_nothing_is_appended_for_nothing(rows: Rows, statements: Callable[[], list[str]]) -> None:
    before = len(statements())
    transact(record_all, [])
    assert (len(statements()) - before, rows("id")) == (0, [])


def test_an_entry_goes_with_its_transaction(rows: Rows) -> None:
    def fails() -> None:
        record("tag.create", 1, "n")
        raise RuntimeError

    with pytest.raises(RuntimeError):
        transact(fails)
    assert rows("id") == []


def test_a_denial_stays(rows: Rows) -> None:
    record_denial("access.denied", "POST /tags", "403")
    assert rows("verb, outcome, subject_id") == [
        {"verb": "access.denied", "outcome": "denied", "subject_id": "POST /tags"}
    ]


def test_nothing_is_done_by_nobody() -> None:
    with pytest.raises(LookupError):
        current_origin()


def test_every_write_of_the_api_is_written_down(client: FlaskClient, rows: Rows) -> None:
    tag = client.post("/tags", json={"name": "A", "slug": "a"}).json
    category = client.post("/categories", json={"name": "C", "slug": "c"}).json
    draft = {"title": "T", "description": "d", "author": "a", "tags": ["new"], "category_name": "Fresh"}
    insight = client.post("/insights", json=draft).json
    client.put(f"/insights/{insight['id']}", json={"status": "published", "tag_ids": [tag["id"]]})
    client.put(f"/tags/{tag['id']}", json={"color": "#000000"})
    client.put(f"/categories/{category['id']}", json={"description": "d"})
    client.put(f"/categories/{category['id']}", json={})
    client.delete(f"/insights/{insight['id']}")
    client.delete(f"/tags/{tag['id']}")
    client.delete(f"/categories/{category['id']}")
    client.post("/tags", json={"name": "new", "slug": "other"})  # taken
    told = rows("verb, subject_name AS name, diff")
    assert [(each["verb"], each["name"]) for each in told] == [
        ("tag.create", "A"),
        ("category.create", "C"),
        ("category.create", "Fresh"),
        ("tag.create", "new"),
        ("insight.create", "T"),
        ("insight.update", "T"),
        ("tag.update", "A"),
        ("category.update", "C"),
        ("insight.delete", "T"),
        ("tag.delete", "A"),
        ("category.delete", "C"),
    ]
    assert told[5]["diff"] == {
        "status": ["draft", "published"],
        "tags_added": [[], [tag["id"]]],
        "tags_removed": [[tag["id"] + 1], []],
    }
    assert told[6]["diff"] == {"color": [None, "#000000"]}
    assert {each["actor_name"] for each in rows("actor_name")} == {"local administrator"}


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_log SET actor_name = 'somebody else'",
        "DELETE FROM audit_log",
        "TRUNCATE audit_log",
        "DELETE FROM audit.log_later",
        "SET LOCAL insights.audit_upkeep = 'on'; DELETE FROM audit_log",
    ],
)
def test_the_application_can_not_change_the_log(database_url: str, rows: Rows, statement: str) -> None:
    transact(record, "tag.create", 1, "n")
    with psycopg.connect(database_url) as connection, pytest.raises(InsufficientPrivilege):
        connection.execute(statement)  # type: ignore[call-overload]
    assert len(rows("id")) == 1


@pytest.mark.parametrize(
    "statement", ["UPDATE audit_log SET verb = 'x'", "DELETE FROM audit_log", "TRUNCATE audit_log"]
)
def test_not_even_its_owner_changes_it_by_mistake(
    owner: psycopg.Connection[tuple[Any, ...]], rows: Rows, statement: str
) -> None:
    transact(record, "tag.create", 1, "n")
    with pytest.raises(InsufficientPrivilege, match="append-only"):
        owner.execute(statement)  # type: ignore[call-overload]
    assert len(rows("id")) == 1


def partitions(owner: psycopg.Connection[tuple[Any, ...]]) -> list[str]:
    found = owner.execute(
        "SELECT relname FROM pg_class WHERE relnamespace = 'audit'::regnamespace AND relkind = 'r' ORDER BY 1"
    )
    return [str(row[0]) for row in found]


def month(owner: psycopg.Connection[tuple[Any, ...]], offset: int) -> str:
    statement = "SELECT to_char(date_trunc('month', now() AT TIME ZONE 'UTC') + make_interval(months => %s), 'YYYY_MM')"
    [row] = owner.execute(statement, [offset]).fetchall()
    return str(row[0])


def test_there_is_a_partition_for_this_month_and_the_next_three(owner: psycopg.Connection[tuple[Any, ...]]) -> None:
    assert partitions(owner) == [*(f"log_{month(owner, ahead)}" for ahead in range(4)), "log_later"]


def test_entries_are_kept_for_six_months(app: Flask, owner: psycopg.Connection[tuple[Any, ...]]) -> None:
    kept, gone = month(owner, -6), month(owner, -7)
    for name in (kept, gone, OLD):
        day = name.replace("_", "-")
        owner.execute(
            f"CREATE TABLE audit.log_{name} PARTITION OF audit_log FOR VALUES"
            f" FROM ('{day}-01 00:00Z') TO ('{day}-02 00:00Z')"
        )
    try:
        assert sorted(keep_partitions()) == [(f"log_{name}", "dropped") for name in sorted((OLD, gone))]
        assert f"log_{kept}" in partitions(owner)
        assert keep_partitions() == []
    finally:
        owner.execute(f"DROP TABLE audit.log_{kept}")


def test_what_came_before_its_partition_moves_into_it(app: Flask, owner: psycopg.Connection[tuple[Any, ...]]) -> None:
    ahead = f"log_{month(owner, 3)}"
    owner.execute(f"DROP TABLE audit.{ahead}")
    owner.execute(
        "INSERT INTO audit_log (at, actor_kind, actor_name, verb, outcome)"
        " VALUES (date_trunc('month', now() AT TIME ZONE 'UTC') + interval '3 months 1 day',"
        " 'system', 's', 'v', 'done')"
    )
    assert owner.execute("SELECT count(*) FROM audit.log_later").fetchone() == (1,)
    assert keep_partitions() == [(ahead, "made")]
    assert owner.execute("SELECT count(*) FROM audit.log_later").fetchone() == (0,)
    assert owner.execute(f"SELECT count(*) FROM audit.{ahead}").fetchone() == (1,)


def test_the_worker_keeps_the_partitions() -> None:
    assert [(job.run, job.every_seconds) for job in UPKEEP] == [(keep_partitions, 6 * 3600)]
