"""What acts left in the rows, and what holds after each of them."""

from collections.abc import Callable, Iterator

import psycopg
import pytest

# What an act may change only together with the version and the time of the change.
INSIGHTS = """
SELECT i.id, i.version, i.updated_at, to_jsonb(i) - 'version' - 'updated_at' AS kept,
    (SELECT d.stems::text FROM search_documents d WHERE d.insight_id = i.id) AS words,
    ARRAY (SELECT tag_id FROM insight_tags WHERE insight_id = i.id ORDER BY tag_id) AS tags
FROM insights i ORDER BY i.id"""
REVISIONS = """
SELECT insight_id, number, version, verb, message, receipt_id::text AS receipt_id, changes
FROM insight_revisions WHERE receipt_id IS NOT NULL ORDER BY insight_id, number"""
UNREVISED = """
SELECT i.id, i.version, r.version FROM insights i
LEFT JOIN LATERAL (SELECT version FROM insight_revisions WHERE insight_id = i.id ORDER BY number DESC LIMIT 1) r ON true
WHERE r.version IS DISTINCT FROM i.version"""

Row = dict[str, object]


@pytest.fixture
def rows(owner_connection: psycopg.Connection) -> Iterator[Callable[..., list[Row]]]:
    """The rows of a statement; of `INSIGHTS`, when none is given."""
    with owner_connection.cursor(row_factory=psycopg.rows.dict_row) as cursor:
        yield lambda statement=INSIGHTS: cursor.execute(statement).fetchall()


@pytest.fixture
def revisions(rows: Callable[..., list[Row]]) -> Callable[[], list[Row]]:
    """The revisions that acts on many left."""
    return lambda: rows(REVISIONS)


@pytest.fixture(autouse=True)
def exact(owner_connection: psycopg.Connection) -> Iterator[None]:
    """After each test every count is what a recount gives, and every version has its revision."""
    yield
    assert owner_connection.execute("SELECT * FROM counts_drift").fetchall() == []
    assert owner_connection.execute(UNREVISED).fetchall() == []
