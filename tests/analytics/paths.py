"""Ways to write, and by how much each changes every count of the knowledge in `tests.analytics.ledger`."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

import psycopg
import pytest

from tests.analytics.ledger import USAGE, Ledger

INSERT = "INSERT INTO insights (title, description, author, category_id, status, priority, visibility) VALUES"
A = "1/draft/medium/INTERNAL"
B = "1/published/high/PUBLIC"
C = "0/archived/low/RESTRICTED"
ONE = "1/draft/INTERNAL"
TWO = "2/draft/INTERNAL"
ONE_PUBLIC = "1/published/PUBLIC"


@dataclass(frozen=True)
class Path:
    """A way to write, and by how much each count changes."""

    name: str
    write: str | Callable[[psycopg.Connection], None]
    cells: Mapping[str, int] = field(default_factory=dict)
    tags: Mapping[str, int] = field(default_factory=dict)
    seconds: Mapping[str, int | Decimal] = field(default_factory=dict)
    gone: tuple[str, ...] = ()


def copy_in(session: psycopg.Connection) -> None:
    with session.cursor().copy("COPY insights (id, title, description, author) FROM STDIN") as copy:
        for number in range(10, 15):
            copy.write_row((number, "T", "D", "Ada"))
    with session.cursor().copy("COPY insight_tags (insight_id, tag_id) FROM STDIN") as copy:
        for number in range(10, 15):
            copy.write_row((number, 3))


def savepoint(session: psycopg.Connection) -> None:
    with session.transaction():
        with session.transaction(force_rollback=True):
            session.execute("UPDATE insights SET status = 'archived'")
            session.execute("DELETE FROM insight_tags")
        session.execute("INSERT INTO insight_tags VALUES (3, 3)")


def failed_statement(session: psycopg.Connection) -> None:
    with session.transaction():
        with pytest.raises(psycopg.errors.CheckViolation), session.transaction():
            session.execute("UPDATE insights SET status = 'archived', title = CASE id WHEN 3 THEN ' ' ELSE title END")
        session.execute("UPDATE insights SET category_id = 2 WHERE id = 1")


def truncate_rolled_back(session: psycopg.Connection) -> None:
    with session.transaction(force_rollback=True):
        session.execute("TRUNCATE insights CASCADE")
        assert (Ledger(session).cells(), Ledger(session).usage()) == ({}, dict.fromkeys(USAGE, 0))


PATHS = [
    Path("insert", f"{INSERT} ('T', 'D', 'Ada', 2, 'draft', 'low', 'PUBLIC')", {"2/draft/low/PUBLIC": 1}),
    Path(
        "multi-row insert",
        f"{INSERT} ('T', 'D', 'Ada', 2, 'draft', 'low', 'PUBLIC'), ('T', 'D', 'Ada', 2, 'draft', 'low', 'PUBLIC'),"
        " ('T', 'D', 'Ada', NULL, 'archived', 'low', 'PUBLIC')",
        {"2/draft/low/PUBLIC": 2, "0/archived/low/PUBLIC": 1},
    ),
    Path("COPY", copy_in, {"0/draft/medium/INTERNAL": 5}, {"3/draft/INTERNAL": 5}),
    Path(
        "published later",
        "UPDATE insights SET status = 'published', published_at = '2026-01-01 01:00Z' WHERE id = 1",
        {A: -1, "1/published/medium/INTERNAL": 1},
        {ONE: -1, TWO: -1, "1/published/INTERNAL": 1, "2/published/INTERNAL": 1},
        {"1/published/medium/INTERNAL": 3600},
    ),
    Path(
        "archived",
        "UPDATE insights SET status = 'archived' WHERE id = 2",
        {B: -1, "1/archived/high/PUBLIC": 1},
        {ONE_PUBLIC: -1, "1/archived/PUBLIC": 1},
        {B: -60, "1/archived/high/PUBLIC": 60},
    ),
    Path("priority", "UPDATE insights SET priority = 'critical' WHERE id = 1", {A: -1, "1/draft/critical/INTERNAL": 1}),
    Path(
        "visibility",
        "UPDATE insights SET visibility = 'ANONYMISED' WHERE id = 1",
        {A: -1, "1/draft/medium/ANONYMISED": 1},
        {ONE: -1, TWO: -1, "1/draft/ANONYMISED": 1, "2/draft/ANONYMISED": 1},
    ),
    Path("category", "UPDATE insights SET category_id = 2 WHERE id = 1", {A: -1, "2/draft/medium/INTERNAL": 1}),
    Path("no category", "UPDATE insights SET category_id = NULL WHERE id = 1", {A: -1, "0/draft/medium/INTERNAL": 1}),
    Path("created_at", "UPDATE insights SET created_at = created_at - interval '1 day'", seconds={B: 86400}),
    Path(
        "published_at", "UPDATE insights SET published_at = published_at + interval '.5 s'", seconds={B: Decimal("0.5")}
    ),
    Path("infinite moment", "UPDATE insights SET published_at = 'infinity' WHERE id = 2", seconds={B: -60}),
    Path("not counted", "UPDATE insights SET title = title || '!', updated_at = now()"),
    Path(
        "all at once",
        "UPDATE insights SET category_id = 3, status = 'archived', priority = 'low', visibility = 'PUBLIC'",
        {A: -1, B: -1, C: -1, "3/archived/low/PUBLIC": 3},
        {ONE: -1, TWO: -1, ONE_PUBLIC: -1, "1/archived/PUBLIC": 2, "2/archived/PUBLIC": 1},
        {B: -60, "3/archived/low/PUBLIC": 60},
    ),
    Path(
        "swap",
        "UPDATE insights SET visibility = CASE id WHEN 1 THEN 'PUBLIC' ELSE 'INTERNAL' END WHERE id < 3",
        {A: -1, B: -1, "1/draft/medium/PUBLIC": 1, "1/published/high/INTERNAL": 1},
        {ONE: -1, TWO: -1, ONE_PUBLIC: -1, "1/draft/PUBLIC": 1, "2/draft/PUBLIC": 1, "1/published/INTERNAL": 1},
        {B: -60, "1/published/high/INTERNAL": 60},
    ),
    Path("delete", "DELETE FROM insights WHERE id = 2", {B: -1}, {ONE_PUBLIC: -1}, {B: -60}),
    Path("delete all", "DELETE FROM insights", {A: -1, B: -1, C: -1}, {ONE: -1, TWO: -1, ONE_PUBLIC: -1}, {B: -60}),
    Path(
        "delete none",
        "DELETE FROM insights WHERE id = 99; UPDATE insights SET status = 'draft' WHERE id = 99;"
        "UPDATE insight_tags SET tag_id = 3 WHERE tag_id = 99; DELETE FROM insight_tags WHERE tag_id = 99",
    ),
    Path(
        "link",
        "INSERT INTO insight_tags VALUES (3, 1), (3, 3)",
        {},
        {"1/archived/RESTRICTED": 1, "3/archived/RESTRICTED": 1},
    ),
    Path("wrong label", "INSERT INTO insight_tags VALUES (3, 3, 'draft', 'PUBLIC')", {}, {"3/archived/RESTRICTED": 1}),
    Path("label by hand", "UPDATE insight_tags SET counted_status = 'archived', counted_visibility = NULL"),
    Path("unlink", "DELETE FROM insight_tags WHERE insight_id = 1", {}, {ONE: -1, TWO: -1}),
    Path(
        "retag",
        "DELETE FROM insight_tags WHERE insight_id = 1; INSERT INTO insight_tags VALUES (1, 3)",
        {},
        {ONE: -1, TWO: -1, "3/draft/INTERNAL": 1},
    ),
    Path(
        "link to another tag",
        "UPDATE insight_tags SET tag_id = 3 WHERE tag_id = 2",
        {},
        {TWO: -1, "3/draft/INTERNAL": 1},
    ),
    Path(
        "link to another insight",
        "UPDATE insight_tags SET insight_id = 3 WHERE tag_id = 2",
        {},
        {TWO: -1, "2/archived/RESTRICTED": 1},
    ),
    Path("tag deleted", "DELETE FROM tags WHERE id = 1", {}, {ONE: -1, ONE_PUBLIC: -1}, gone=("Incident",)),
    Path(
        "tag with a used id",
        "DELETE FROM tags WHERE id = 1; INSERT INTO tags (id, name, slug) VALUES (1, 'Incident', 'i')",
        {},
        {ONE: -1, ONE_PUBLIC: -1},
    ),
    Path(
        "tag and links in one statement",
        "WITH d AS (DELETE FROM insight_tags WHERE tag_id = 1) DELETE FROM tags WHERE id = 1",
        {},
        {ONE: -1, ONE_PUBLIC: -1},
        gone=("Incident",),
    ),
    Path(
        "category deleted",
        "UPDATE insights SET category_id = NULL; DELETE FROM categories",
        {A: -1, B: -1, "0/draft/medium/INTERNAL": 1, "0/published/high/PUBLIC": 1},
        {},
        {B: -60, "0/published/high/PUBLIC": 60},
    ),
    Path(
        "upsert",
        "INSERT INTO insights (id, title, description, author) VALUES (1, 'T', 'D', 'Ada'), (9, 'T', 'D', 'Ada')"
        " ON CONFLICT (id) DO UPDATE SET priority = 'low'",
        {A: -1, "1/draft/low/INTERNAL": 1, "0/draft/medium/INTERNAL": 1},
    ),
    Path(
        "upsert of links",
        "INSERT INTO insight_tags VALUES (1, 1), (1, 3) ON CONFLICT DO NOTHING",
        {},
        {"3/draft/INTERNAL": 1},
    ),
    Path(
        "MERGE",
        "MERGE INTO insights i USING (VALUES (1), (2), (9)) AS v (id) ON i.id = v.id"
        " WHEN MATCHED AND v.id = 1 THEN DELETE WHEN MATCHED THEN UPDATE SET status = 'archived'"
        " WHEN NOT MATCHED THEN INSERT (title, description, author) VALUES ('T', 'D', 'Ada')",
        {A: -1, B: -1, "1/archived/high/PUBLIC": 1, "0/draft/medium/INTERNAL": 1},
        {ONE: -1, TWO: -1, ONE_PUBLIC: -1, "1/archived/PUBLIC": 1},
        {B: -60, "1/archived/high/PUBLIC": 60},
    ),
    Path(
        "unlinked and archived in one statement",
        "WITH d AS (DELETE FROM insight_tags WHERE insight_id = 1 AND tag_id = 1)"
        " UPDATE insights SET status = 'archived' WHERE id = 1",
        {A: -1, "1/archived/medium/INTERNAL": 1},
        {ONE: -1, TWO: -1, "2/archived/INTERNAL": 1},
    ),
    Path(
        "linked and archived in one statement",
        "WITH d AS (INSERT INTO insight_tags VALUES (1, 3)) UPDATE insights SET status = 'archived' WHERE id = 1",
        {A: -1, "1/archived/medium/INTERNAL": 1},
        {ONE: -1, TWO: -1, "1/archived/INTERNAL": 1, "2/archived/INTERNAL": 1, "3/archived/INTERNAL": 1},
    ),
    Path(
        "moved and archived in one statement",
        "WITH d AS (UPDATE insight_tags SET insight_id = 3 WHERE tag_id = 2)"
        " UPDATE insights SET status = 'draft' WHERE id = 3",
        {C: -1, "0/draft/low/RESTRICTED": 1},
        {TWO: -1, "2/draft/RESTRICTED": 1},
    ),
    Path(
        "created with links in one statement",
        "WITH i AS (INSERT INTO insights (title, description, author)"
        " VALUES ('T', 'D', 'Ada') RETURNING id) INSERT INTO insight_tags SELECT id, 3 FROM i",
        {"0/draft/medium/INTERNAL": 1},
        {"3/draft/INTERNAL": 1},
    ),
    Path("usage_count by hand", "UPDATE tags SET usage_count = 77; UPDATE tags SET usage_count = usage_count + 1"),
    Path("savepoint rolled back", savepoint, {}, {"3/archived/RESTRICTED": 1}),
    Path("statement failed", failed_statement, {A: -1, "2/draft/medium/INTERNAL": 1}),
    Path(
        "truncate insights",
        "TRUNCATE insights CASCADE",
        {A: -1, B: -1, C: -1},
        {ONE: -1, TWO: -1, ONE_PUBLIC: -1},
        {B: -60},
    ),
    Path("truncate links", "TRUNCATE insight_tags", {}, {ONE: -1, TWO: -1, ONE_PUBLIC: -1}),
    Path(
        "truncate tags",
        "TRUNCATE tags RESTART IDENTITY CASCADE; INSERT INTO tags (name, slug) VALUES ('Incident', 'incident');"
        "INSERT INTO insight_tags VALUES (1, 1)",
        {},
        {TWO: -1, ONE_PUBLIC: -1},
        gone=("Testing", "Docs"),
    ),
    Path("truncate rolled back", truncate_rolled_back),
]
