"""What the filters of the log find, and the page that they are cut into."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask

from app.audit.commands import Entry, record_all
from app.audit.examples import PAGE
from app.audit.models import DENIED
from app.audit.origin import Origin, originating
from app.audit.queries import AuditFilter, audit_json
from app.audit.schemas import AuditFilterSchema, AuditPage
from app.core.db import transact

# Entries can't be taken away: each test tells its own apart by the subject's name.
ADA, BOB = Origin("person", "ada@example.org", 30_001, "192.0.2.1", "r1"), Origin("service", "Bob_100%", 30_002)
Found = Callable[..., list[str]]


@pytest.fixture
def log(app: Flask, request: pytest.FixtureRequest) -> Found:
    """Four entries, and what a filter finds of them: their verbs, newest first."""
    mine = f"{request.node.name[:80]} {datetime.now(UTC).timestamp()}"

    def note(origin: Origin, verb: str, subject_id: object, diff: Any = None, outcome: str = "done") -> None:
        with originating(origin):
            transact(record_all, [Entry(verb, subject_id, mine, diff, outcome)])

    note(ADA, "insight.create", 7)
    note(ADA, "insight.update", 7, {"title": ("Old", "New")})
    note(BOB, "insights.export", "all")
    note(BOB, "session.denied", "ada@example.org", outcome=DENIED)

    def found(**conditions: Any) -> list[str]:
        page = json.loads(audit_json(AuditFilter(**conditions), page_size=100))
        return [entry["verb"] for entry in page["entries"] if entry["subject_name"] == mine]

    return found


@pytest.mark.parametrize(
    ("conditions", "verbs"),
    [
        ({}, ["session.denied", "insights.export", "insight.update", "insight.create"]),
        ({"actor": "ADA@"}, ["insight.update", "insight.create"]),
        ({"actor": "30001"}, ["insight.update", "insight.create"]),
        ({"actor": "bob_100%"}, ["session.denied", "insights.export"]),
        ({"actor": "bob_1_0"}, []),
        ({"actor": "9" * 40}, []),
        ({"verb": "insight"}, ["insight.update", "insight.create"]),
        ({"verb": "insight.update"}, ["insight.update"]),
        ({"verb": "insight.up"}, []),
        ({"verb": "%"}, []),
        ({"outcome": "denied"}, ["session.denied"]),
        ({"outcome": "done", "actor": "bob"}, ["insights.export"]),
        ({"subject_type": "insight"}, ["insight.update", "insight.create"]),
        ({"subject_type": "insight", "subject_id": "8"}, []),
        ({"subject_id": "all"}, ["insights.export"]),
    ],
)
def test_conditions(log: Found, conditions: dict[str, str], verbs: list[str]) -> None:
    assert log(**conditions) == verbs


def test_times(log: Found) -> None:
    now = datetime.now(UTC)
    assert len(log(since=now - timedelta(minutes=1), until=now + timedelta(minutes=1))) == 4
    assert log(since=now + timedelta(minutes=1)) == []
    assert log(until=now - timedelta(minutes=1)) == []


def test_an_entry(log: Found) -> None:
    page = json.loads(audit_json(AuditFilter(actor="30001", verb="insight.update"), page_size=1))
    AuditPage().load(page)
    [entry] = page["entries"]
    assert (page["page"], page["page_size"]) == (1, 1)
    assert entry.pop("id") > 0
    assert entry.pop("at").endswith("Z")
    assert entry.pop("subject_name")
    assert entry == {
        "actor_kind": "person",
        "actor_id": 30_001,
        "actor_name": "ada@example.org",
        "verb": "insight.update",
        "outcome": "done",
        "subject_type": "insight",
        "subject_id": "7",
        "diff": {"title": ["Old", "New"]},
        "ip": "192.0.2.1",
        "request_id": "r1",
    }


def test_pages(log: Found) -> None:
    def read(page: int) -> tuple[int, list[tuple[str, int]]]:
        found = json.loads(audit_json(AuditFilter(), page, 3))
        return found["total"], [(entry["at"], entry["id"]) for entry in found["entries"]]

    (total, first), (_, second) = read(1), read(2)
    assert total >= 4
    assert (len(first), len(second)) == (3, min(3, total - 3))
    assert [*first, *second] == sorted({*first, *second}, reverse=True)
    assert read(total) == (total, [])


def test_a_page_is_one_statement(log: Found, statements: Callable[[], list[str]]) -> None:
    audit_json(AuditFilter(actor="ada", verb="insight"))
    assert len(statements()) == 1


@pytest.mark.parametrize(
    ("given", "since", "until"),
    [
        ("2026-11-22", datetime(2026, 11, 22, tzinfo=UTC), datetime(2026, 11, 23, tzinfo=UTC)),
        ("2026-11-22T09:30:00Z", *[datetime(2026, 11, 22, 9, 30, tzinfo=UTC)] * 2),
        ("2026-11-22T09:30:00+02:00", *[datetime(2026, 11, 22, 7, 30, tzinfo=UTC)] * 2),
    ],
)
def test_a_day_is_taken_whole(given: str, since: datetime, until: datetime) -> None:
    loaded = AuditFilterSchema().load({"since": given, "until": given})
    assert (loaded["since"], loaded["until"]) == (since, until)


@pytest.mark.parametrize("given", ["2026-02-30", "9999-12-31", "22.11.2026", "٢٠٢٦-11-22", ""])
def test_what_is_no_day(given: str) -> None:
    wrong = AuditFilterSchema().validate({"until": given})
    assert wrong == {"until": ["must be a time such as 2026-11-22T09:30:00Z"]}


def test_the_example_keeps_the_contract() -> None:
    AuditPage().load(PAGE)
