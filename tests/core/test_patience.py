"""Nobody waits for ever: not for a slow statement, a lock or a connection, nor for a server that says nothing."""

from collections.abc import Iterator
from contextlib import ExitStack
from time import monotonic, sleep

import psycopg
import pytest
from flask import Flask

from app import CONNECTIONS
from app.config import Settings
from app.core import patience, reading
from app.core.db import read_json
from app.extensions import db
from app.identity.permissions import ROUTES
from tests.answers import make_insight, problem
from tests.conftest import built

AWAY = "The database can't be reached just now."
TOO_MANY = "Too many requests are waiting for the database just now."


@pytest.fixture
def impatient(
    settings: Settings, database_url: str, clean_database: None, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Flask]:
    """The application with a second for a statement, less for a lock or a connection, and one insight."""
    monkeypatch.setattr("app.LOCK_TIMEOUT_SECONDS", 0.2)
    with built(settings.model_copy(update={"database_url": database_url, "statement_timeout_seconds": 1})) as app:
        monkeypatch.setitem(ROUTES, "GET /slow", None)
        app.add_url_rule("/slow", view_func=lambda: read_json("SELECT pg_sleep(5)::text") or b"")
        make_insight(app.test_client())
        yield app


def test_a_statement_that_takes_too_long(impatient: Flask) -> None:
    started = monotonic()
    response = impatient.test_client().get("/slow")
    problem(response, 503, "This takes too long just now; ask for less, or try again later.")
    assert response.headers["Retry-After"] == "2"
    assert 1 <= monotonic() - started < 3


def test_a_server_that_says_nothing_is_given_up_and_left_alone(
    impatient: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(patience, "GRACE_SECONDS", -0.8)  # before the server itself ends the statement
    monkeypatch.setattr(patience, "PAUSE_SECONDS", 0.5)
    client = impatient.test_client()
    started = monotonic()
    problem(client.get("/slow"), 503, AWAY)
    assert 0.2 <= monotonic() - started < 1
    started = monotonic()
    problem(client.get("/insights/1"), 503, AWAY)
    assert monotonic() - started < 0.2
    sleep(0.5)
    assert client.get("/insights/1").status_code == 200


def test_a_session_that_was_idle_is_pinged(impatient: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "IDLE_SECONDS", 0)
    with impatient.app_context():
        session = patience.connector(db.engine)(autocommit=True)
        session.ping()
        session.close()
        with pytest.raises(psycopg.OperationalError):
            session.ping()
        assert not session.hurried


def test_a_lock_that_is_not_let_go(impatient: Flask, database_url: str) -> None:
    client = impatient.test_client()
    with psycopg.connect(database_url) as other:
        other.execute("SELECT FROM insights WHERE id = 1 FOR UPDATE")
        started = monotonic()
        response = client.put("/insights/1", json={"title": "New"})
        problem(response, 503, "Others are changing the same data just now.")
        assert monotonic() - started < 1  # it was tried once
        assert client.get("/insights/1").get_json()["version"] == 1
    assert client.put("/insights/1", json={"title": "New"}).get_json()["version"] == 2


@pytest.fixture
def crowded(impatient: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[Flask]:
    """All connections, of those that read and of those that write, are taken."""
    with impatient.app_context(), ExitStack() as taken:
        impatient.test_client().get("/insights")  # makes the readers' pool
        for pool in (db.engine.pool, reading._pool(db.engine, None)):
            monkeypatch.setattr(pool, "_timeout", 0.1)
            for _ in range(CONNECTIONS // 2):
                taken.callback(pool.connect().close)
        yield impatient


def test_a_crowd_is_told_to_come_back(crowded: Flask) -> None:
    client = crowded.test_client()
    draft = {"title": "T", "description": "d", "author": "A"}
    for response in (client.get("/insights/1"), client.post("/insights", json=draft)):
        problem(response, 503, TOO_MANY)
        assert response.headers["Retry-After"] == "2"
