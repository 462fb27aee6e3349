"""The overview: what its charts say, where they lead, and that each reader's figures are of what the reader sees."""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from html import unescape
from typing import Any

import psycopg
import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.analytics.queries.overview import MOST_COUNTED, overview
from app.core.http.pages import DIST
from app.identity.audience import EVERYTHING, Audience
from app.identity.permissions import ROLES, Role
from tests.answers import make_category, make_insight, make_tag

pytestmark = pytest.mark.skipif(not (DIST / "manifest.json").exists(), reason="static/dist is not built")
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)  # a Sunday: the week began on the 16th
OWNERS = """
INSERT INTO users (kind, email, name, role) VALUES
  ('person', 'ada@example.org', 'Ada', 'contributor'), ('person', 'bob@example.org', 'Bob', 'contributor');
INSERT INTO categories (name, slug) VALUES ('Technical', 'technical')"""
INSERT = """
INSERT INTO insights (title, description, author, status, visibility, priority, owner_id, category_id, created_at,
  updated_at, published_at)
VALUES ('Title', 'Text', 'Ada', %(status)s, %(visibility)s, %(priority)s, %(owner)s, %(category)s, %(created)s,
  %(updated)s, %(published)s)"""
INSIGHT = {
    "status": "published", "visibility": "INTERNAL", "priority": "low", "owner": None, "category": 1,
    "created": "2026-01-01Z", "updated": "2026-11-20Z", "published": None,
}  # fmt: skip


@pytest.fixture
def keep(owner_connection: psycopg.Connection, app: Flask) -> Callable[..., None]:
    """Store an insight of which only the given columns matter."""
    owner_connection.execute(OWNERS)

    def insert(count: int = 1, **columns: Any) -> None:
        given = INSIGHT | columns
        if given["status"] == "published" and given["published"] is None:
            given["published"] = given["created"]
        owner_connection.cursor().executemany(INSERT, [given] * count)

    return insert


def seen_by(role: Role, user_id: int | None = None) -> dict[str, Any]:
    return overview(Audience.of([ROLES[role]], user_id), user_id, NOW)


def in_weeks(found: dict[str, Any], kind: str) -> dict[str, int]:
    return {week["first"]: week[kind] for week in found["weeks"] if week[kind]}


def test_a_week_is_from_monday_to_sunday_in_utc(keep: Callable[..., None]) -> None:
    keep(created="2026-08-30 23:59:59Z")  # the week before the first one
    keep(created="2026-08-31 00:00:00Z", published="2026-09-06 23:59:59Z")
    keep(created="2026-11-15 23:59:59Z", published="2026-11-16 00:00:00Z")
    keep(count=3, created="2026-11-22 11:00:00Z", status="draft")
    found = overview(EVERYTHING, None, NOW)
    mondays = [date(2026, 8, 31) + timedelta(weeks=number) for number in range(12)]
    assert [week["first"] for week in found["weeks"]] == [monday.isoformat() for monday in mondays]
    assert found["weeks"][-1] == {"first": "2026-11-16", "last": "2026-11-22", "captured": 3, "published": 1}
    assert in_weeks(found, "captured") == {"2026-08-31": 1, "2026-11-09": 1, "2026-11-16": 3}
    assert in_weeks(found, "published") == {"2026-08-31": 1, "2026-11-16": 1}


def test_the_week_is_that_of_utc_whatever_the_time_zone(keep: Callable[..., None]) -> None:
    keep(created="2026-11-16 03:00:00+09")  # Sunday evening
    assert in_weeks(overview(EVERYTHING, None, NOW), "captured") == {"2026-11-09": 1}
    late = overview(EVERYTHING, None, datetime(2026, 11, 23, 0, 0, tzinfo=UTC))
    assert late["weeks"][-1]["first"] == "2026-11-23"


def test_each_reader_s_figures_are_of_what_the_reader_sees(keep: Callable[..., None]) -> None:
    old = {"status": "draft", "created": "2026-11-20Z", "updated": "2026-10-01Z"}
    keep(created="2026-11-20Z", visibility="RESTRICTED", category=None)
    keep(owner=1, **old)
    keep(count=2, owner=2, priority="critical", **old)
    viewer, ada, editor = seen_by(Role.VIEWER), seen_by(Role.CONTRIBUTOR, 1), seen_by(Role.EDITOR, 1)
    counts = ("own_old_drafts", "old_drafts", "weighty_drafts", "uncategorised")
    assert [viewer[name] for name in counts] == [0, 0, 0, 0]
    assert [ada[name] for name in counts] == [1, 1, 0, 0]
    assert [editor[name] for name in counts] == [1, 3, 2, 1]
    assert [in_weeks(found, "captured") for found in (viewer, ada, editor)] == [
        {},
        {"2026-11-16": 1},
        {"2026-11-16": 4},
    ]


def test_a_draft_is_old_after_thirty_days_without_a_change(keep: Callable[..., None]) -> None:
    keep(status="draft", updated=NOW - timedelta(days=30))
    keep(status="draft", updated=NOW - timedelta(days=30, seconds=1))
    keep(status="archived", updated=NOW - timedelta(days=300))
    assert overview(EVERYTHING, None, NOW)["old_drafts"] == 1


def test_very_many_old_drafts_are_not_all_counted(keep: Callable[..., None], client: FlaskClient) -> None:
    keep(count=MOST_COUNTED + 5, status="draft", updated="2025-01-01Z", category=None)
    assert overview(EVERYTHING, None, NOW)["old_drafts"] == MOST_COUNTED + 1
    html = client.get("/").text
    assert re.findall(r'attention-words">([^<]+)</span><b>([\d,+]+)</b>', html) == [
        ("All drafts unchanged for 30 days", "1,000+"),
        ("Without a category", "1,005"),
    ]


@pytest.fixture
def library(keep: Callable[..., None], client: FlaskClient) -> FlaskClient:
    today = datetime.now(UTC)
    keep(created=today - timedelta(weeks=3))
    keep(count=2, created=today - timedelta(weeks=3), status="draft", updated=today - timedelta(days=40))
    keep(count=4, status="draft", priority="high", category=None, created=today, updated=today)
    keep(status="archived", priority="critical", created="2020-01-01Z")
    return client


def links(html: str) -> dict[str, int]:
    """The addresses of the library that stand before a count, and the count."""
    bars = re.findall(
        r'<a href="(/library\?[^"]+)">\s*<span class="bars-name">[^<]*</span>\s*<span class="bars-value">([\d,]+)', html
    )
    named = re.findall(r'<a href="(/library\?[^"]+)"><svg.*?<b>([\d,]+)</b>', html)
    weeks = re.findall(r'<td><a href="(/library\?[^"]+)">([\d,]+)</a>', html)
    return {unescape(path): int(count.replace(",", "")) for path, count in (*bars, *named, *weeks)}


def test_every_figure_leads_to_as_many_insights(library: FlaskClient) -> None:
    found = links(library.get("/").text)
    assert len(found) == 3 + 3 + 1 + 3 + 24  # status, priority, the category, what needs attention, weeks
    for path, count in found.items():
        answer = library.get("/insights" + path.removeprefix("/library"))
        assert answer.get_json()["total"] == count, path


def test_what_needs_attention(library: FlaskClient) -> None:
    html = library.get("/").text
    assert re.findall(r'attention-words">([^<]+)</span><b>(\d+)</b>', html) == [
        ("All drafts unchanged for 30 days", "2"),
        ("Drafts of high or critical priority", "4"),
        ("Without a category", "4"),
    ]


def test_nothing_needs_attention(client: FlaskClient) -> None:
    make_category(client, "Technical")
    make_insight(client, category_id=1, status="published")
    assert "Nothing just now" in client.get("/").text


def test_the_ring_says_the_whole_and_its_parts(library: FlaskClient) -> None:
    html = library.get("/").text
    assert re.findall(r'<text class="donut-total" x="60" y="60">(\d+)</text>', html) == ["8"]
    parts = re.findall(
        r'donut-part" data-token="(\w+)".*?stroke-dasharray="([\d.]+) 100" stroke-dashoffset="(\S+)"', html
    )
    assert parts == [("draft", "74.20", "0.00"), ("published", "11.70", "-75.00"), ("archived", "11.70", "-87.50")]


def test_no_style_and_no_script_is_inline(library: FlaskClient) -> None:
    html = library.get("/").text
    assert not re.findall(r"\sstyle=|\son\w+=|<style", html)
    assert not re.findall(r"<script(?![^>]*\bnonce=)[^>]*>", html)


def test_it_asks_for_itself_and_for_the_health(library: FlaskClient) -> None:
    html = library.get("/").text
    assert 'hx-get="/" hx-trigger="every 60s, wake" hx-select="#figures"' in html
    assert 'hx-get="/health" hx-trigger="every 30s" hx-swap="none"' in html


def test_it_costs_four_statements_however_much_there_is(
    client: FlaskClient, statements: Callable[[], list[str]]
) -> None:
    client.get("/")
    empty = len(statements())
    for number in range(12):
        make_category(client, f"Category {number}")
        make_tag(client, f"Tag {number}")
        make_insight(client, category_id=number + 1, tag_ids=[number + 1])
    before = len(statements())
    client.get("/")
    assert (empty, len(statements()[before:])) == (4, 4)
