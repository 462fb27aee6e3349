"""A small knowledge base, and sessions to change it with."""

from collections.abc import Callable, Iterator

import psycopg
import pytest

from tests.analytics.ledger import KNOWLEDGE, Ledger

Connect = Callable[[], psycopg.Connection]


@pytest.fixture
def connect(owner_url: str, clean_database: None) -> Iterator[Connect]:
    """Open another session, in autocommit, that may also do what the application may not."""
    sessions: list[psycopg.Connection] = []

    def another() -> psycopg.Connection:
        sessions.append(psycopg.connect(owner_url, autocommit=True))
        return sessions[-1]

    yield another
    for session in sessions:
        session.close()


@pytest.fixture
def session(owner_connection: psycopg.Connection, clean_database: None) -> psycopg.Connection:
    """A session on a database that holds the three insights of `tests.analytics.ledger`, their counts not folded. It
    goes on after the test: whoever sets something in it takes a session of their own."""
    owner_connection.execute(KNOWLEDGE)
    return owner_connection


@pytest.fixture
def ledger(session: psycopg.Connection) -> Ledger:
    return Ledger(session)
