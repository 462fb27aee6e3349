"""What pages after a cursor promise: nothing skipped or repeated while others write, and no price for depth."""

import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Event
from typing import Any

import psycopg
import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.core.reading import statement_read
from app.identity.audience import EVERYTHING, Audience
from app.identity.permissions import ROLES, Role
from app.insights.queries.keyset import Place, insights_after
from app.insights.queries.listing import InsightFilter
from app.insights.queries.order import ORDERS
from app.insights.schemas import SORTS

# Every third row stays; the writers delete others, and add more between and beyond all of them.
KEPT = """
INSERT INTO insights (title, description, author, status, created_at)
SELECT 'Row ' || n, 'Text', 'Ada', 'published', '2026-01-01Z'::timestamptz + n / 3 * interval '1 minute'
FROM generate_series(1, 300) n"""
INSERTED = """
INSERT INTO insights (title, description, author, created_at)
SELECT 'New', 'Text', 'Bob', '2026-01-01Z'::timestamptz + random() * interval '120 minutes'"""
DELETED = """
DELETE FROM insights WHERE id = (SELECT id FROM insights WHERE id % 3 <> 0 AND author = 'Ada'
                                 ORDER BY random() LIMIT 1)"""
UPDATED = """
UPDATE insights SET title = 'Changed ' || random(), status = CASE WHEN random() < 0.5 THEN 'draft' ELSE 'archived' END
WHERE id = (SELECT id FROM insights WHERE author = 'Ada' ORDER BY random() LIMIT 1)"""
WALKS = 4

# Without triggers, as only the walk matters: counts and histories are proved elsewhere.
MANY = """
INSERT INTO users (kind, name, role) VALUES ('person', 'Vera', 'viewer');
ALTER TABLE insights DISABLE TRIGGER USER;
INSERT INTO insights
    (title, description, author, status, visibility, owner_id, created_at, updated_at, published_at)
SELECT 'Title ' || md5(n::text), 'Text', 'Ada', CASE WHEN n % 10 = 1 THEN 'draft' ELSE 'archived' END,
    CASE n % 11 WHEN 1 THEN 'RESTRICTED' WHEN 2 THEN 'PUBLIC' ELSE 'INTERNAL' END, CASE WHEN n % 300 = 1 THEN 1 END,
    '2026-01-01Z'::timestamptz + n / 3 * interval '1 second',
    '2026-01-01Z'::timestamptz + n * 7919 % 26000 * interval '1 second',
    CASE WHEN n % 6 <> 1 THEN '2026-01-01Z'::timestamptz + n * 31 % 26000 * interval '1 second' END
FROM generate_series(1, 26000) n;
ALTER TABLE insights ENABLE TRIGGER USER"""
NONE = """
ALTER TABLE insights DISABLE TRIGGER USER; DELETE FROM insights; ALTER TABLE insights ENABLE TRIGGER USER"""
NARROW = Audience.of([ROLES[Role.VIEWER]], reader=1)
DEEP = 1000
PAGE_SIZE = 20
# Blocks that the walk to the same number of rows may touch more or less, by how they lie.
SPREAD = 60


@contextmanager
def writers(database_url: str, *statements: str) -> Iterator[Callable[[], int]]:
    """Threads that write as long as the block lasts; called, it says how often they did."""
    done = Event()
    counts = [0] * len(statements)

    def write(number: int) -> None:
        with psycopg.connect(database_url, autocommit=True) as connection:
            while not done.is_set():
                connection.execute(statements[number])
                counts[number] += 1

    with ThreadPoolExecutor(len(statements)) as threads:
        running = [threads.submit(write, number) for number in range(len(statements))]
        try:
            yield lambda: min(counts)
        finally:
            done.set()
            for each in running:
                each.result()


@pytest.mark.parametrize("sort", ["created_at", "-created_at"])
def test_paging_while_others_write(client: FlaskClient, database_url: str, sort: str) -> None:
    with psycopg.connect(database_url) as connection:
        connection.execute(KEPT)
    kept = [n for n in range(1, 301) if n % 3 == 0]
    with writers(database_url, INSERTED, DELETED, UPDATED) as written:
        for _ in range(WALKS):
            before = written()
            while written() == before:  # on a busy machine a walk may be over before each of them wrote
                found = walked(client, sort)
                assert len(found) == len(set(found))
                assert [n for n in found if n in set(kept)] == (kept if sort == "created_at" else kept[::-1])


def walked(client: FlaskClient, sort: str) -> list[int]:
    found, cursor = [], ""
    while cursor is not None:
        page = client.get("/insights", query_string={"cursor": cursor, "limit": 7, "sort": sort}).get_json()
        found += [insight["id"] for insight in page["insights"]]
        cursor = page["next_cursor"]
    return found


@pytest.fixture
def many(app: Flask, owner_url: str) -> Iterator["psycopg.Connection[Any]"]:
    """26,000 insights, of which Vera sees four in five, and a connection to their database."""
    with psycopg.connect(owner_url, autocommit=True) as connection:
        connection.execute(MANY)
        connection.execute("VACUUM ANALYZE insights")
        yield connection
        connection.execute(NONE)


def test_a_deep_page_costs_what_the_first_costs(many: "psycopg.Connection[Any]") -> None:
    """In blocks of the database that a page touches: time would say how busy the machine is."""
    for audience in (EVERYTHING, NARROW):
        for wanted in (InsightFilter(), InsightFilter(visibility="INTERNAL")):
            for sort in SORTS:
                depth = DEEP if wanted == InsightFilter() else DEEP // 3
                ended = place(many, audience, wanted, sort, (depth - 1) * PAGE_SIZE)
                first, deep = (plan(many, audience, wanted, sort, after) for after in (None, ended))
                case = (audience, wanted, sort, first, deep)
                assert re.search(f"Index (Only )?Scan (Backward )?using ix_insights_{ORDERS[sort].column} ", deep), case
                assert "Seq Scan on insights" not in deep, case
                assert abs(blocks(deep) - blocks(first)) <= SPREAD, case
                assert blocks(deep) < 30 * PAGE_SIZE, case


def place(
    connection: "psycopg.Connection[Any]", audience: Audience, wanted: InsightFilter, sort: str, number: int
) -> Place:
    """That of the row with this number, from 1 on."""
    order = ORDERS[sort]
    statement = f"SELECT i.id, to_json(i.{order.column}) #>> '{{}}' FROM insights i WHERE {wanted.where(audience)}"
    statement = statement.replace(":visibility", "'INTERNAL'").replace(":reader", "1")
    order_by = order.sql.replace("id ", "i.id ")
    [row] = connection.execute(f"{statement} ORDER BY {order_by} OFFSET {number - 1} LIMIT 1").fetchall()
    return Place(row[1], row[0])


def plan(
    connection: "psycopg.Connection[Any]", audience: Audience, wanted: InsightFilter, sort: str, after: Place | None
) -> str:
    """How Postgres made this page."""
    sent: list[tuple[str, dict[str, Any]]] = []

    def record(engine: object, statement: str, parameters: dict[str, Any]) -> None:
        sent.append((statement, parameters))

    with statement_read.connected_to(record):
        insights_after(audience, wanted, sort, after, PAGE_SIZE)
    [(statement, parameters)] = sent
    explained = "EXPLAIN (ANALYZE, BUFFERS, COSTS OFF, TIMING OFF) " + statement
    return "\n".join(row[0] for row in connection.execute(explained, parameters))


def blocks(plan: str) -> int:
    """Of the whole statement: what its topmost step tells."""
    found = re.search(r"Buffers: shared(?: hit=(\d+))?(?: read=(\d+))?", plan)
    assert found
    return sum(int(part or 0) for part in found.groups())
