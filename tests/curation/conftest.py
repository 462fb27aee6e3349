"""Somebody of every role in front of an insight of every kind."""

from collections.abc import Callable, Iterator

import psycopg
import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.identity.queries.credentials import forget_callers
from tests.identity.world import build

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


@pytest.fixture(scope="session")
def closed(application_with: Callable[..., Flask]) -> Flask:
    """The application where people sign in, and strangers read what is public."""
    return application_with(auth_mode="required", anonymous_reading=True)


@pytest.fixture
def caller(closed: Flask, clean_database: None, owner_connection: psycopg.Connection) -> Iterator[FlaskClient]:
    """A client in front of the world of `tests.identity.world`."""
    build(owner_connection)
    forget_callers()
    yield closed.test_client()
    forget_callers()


@pytest.fixture
def rows(owner_url: str) -> Iterator[Callable[..., list[Row]]]:
    """The rows of a statement; of `INSIGHTS`, when none is given."""
    with psycopg.connect(owner_url, autocommit=True, row_factory=psycopg.rows.dict_row) as connection:
        yield lambda statement=INSIGHTS: connection.execute(statement).fetchall()


@pytest.fixture
def revisions(rows: Callable[..., list[Row]]) -> Callable[[], list[Row]]:
    """The revisions that acts on many left."""
    return lambda: rows(REVISIONS)


@pytest.fixture(autouse=True)
def exact(owner_url: str) -> Iterator[None]:
    """After each test every count is what a recount gives, and every version has its revision."""
    yield
    with psycopg.connect(owner_url, autocommit=True) as connection:
        assert connection.execute("SELECT * FROM counts_drift").fetchall() == []
        unequal = connection.execute(UNREVISED)
        assert unequal.fetchall() == []
