"""Fixtures for every test: one real PostgreSQL and Valkey for the session, a clean database for each test."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event, make_url

from app import create_app
from app.config import Settings, load_settings
from app.core.db import close_connections
from app.core.migrations import upgrade
from app.core.reading import statement_read
from app.embedded import running_servers
from app.extensions import db

# A test leaves few rows: deleting them is faster than truncating the files.
EMPTY = """
DELETE FROM insights; DELETE FROM tags; DELETE FROM categories;
DELETE FROM insight_counts; DELETE FROM insight_count_delta; DELETE FROM tag_counts; DELETE FROM tag_count_delta;
SELECT setval('insights_id_seq', 1, false), setval('tags_id_seq', 1, false), setval('categories_id_seq', 1, false);
"""
READ = ("insights", "insight_tags", "tags_counted", "categories", "insight_cells", "tag_cells")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--forbid-skips", action="store_true", help="fail when a test was skipped")


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Where everything can be installed (CI), a skipped test is a missing one."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if session.config.getoption("--forbid-skips") and reporter and reporter.stats.get("skipped"):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.fixture(scope="session")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """Settings that name running servers: DATABASE_URL and REDIS_URL when set, else the embedded ones."""
    instance: Path = tmp_path_factory.mktemp("instance")
    given = load_settings(instance=instance)
    with running_servers(given) as settings:
        if given.database_url is None:
            let_create_databases(settings)
        yield settings


def let_create_databases(settings: Settings) -> None:
    """The embedded server's everyday role may not; its superuser, known to its private socket only, lets it."""
    superuser = make_url(settings.database_url or "").set(drivername="postgresql", username="postgres")
    with psycopg.connect(superuser.render_as_string(hide_password=False), autocommit=True) as connection:
        connection.execute("ALTER ROLE insights CREATEDB")


@contextmanager
def built(settings: Settings) -> Iterator[Flask]:
    """An application whose connections are closed in the end."""
    app = create_app(settings)
    try:
        yield app
    finally:
        with app.app_context():
            close_connections()


@contextmanager
def scratch_database(settings: Settings) -> Iterator[str]:
    """A new, empty database (libpq URL), dropped in the end.

    Without FORCE: that asks for the right to signal whoever is connected, the autovacuum workers too; a plain DROP ends
    those by itself, and a connection that a test left open fails it.
    """
    server = make_url(settings.database_url or "").set(drivername="postgresql")
    name = f"insights_test_{uuid4().hex[:12]}"
    with psycopg.connect(server.render_as_string(hide_password=False), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
        connection.execute(f"ALTER DATABASE {name} SET synchronous_commit = off")  # nothing here outlives a crash
        yield server.set(database=name).render_as_string(hide_password=False)
        connection.execute(f"DROP DATABASE {name}")


@pytest.fixture(scope="session")
def database_url(settings: Settings) -> Iterator[str]:
    """A migrated database of this session's own (libpq URL)."""
    with scratch_database(settings) as url:
        with built(settings.with_servers(url, settings.redis_url)) as app:
            upgrade(app)
        yield url


@pytest.fixture(scope="session")
def application(settings: Settings, database_url: str) -> Iterator[Flask]:
    """The application over the session's database."""
    with built(settings.with_servers(database_url, settings.redis_url)) as app:
        yield app


@pytest.fixture
def clean_database(database_url: str) -> None:
    """Empty tables, ids from 1 on."""
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute(EMPTY)


@pytest.fixture
def app(application: Flask, clean_database: None) -> Iterator[Flask]:
    """The application inside an application context, over empty tables."""
    with application.app_context():
        yield application
        db.session.remove()


@pytest.fixture
def client(application: Flask, clean_database: None) -> FlaskClient:
    """A program that calls the API."""
    return application.test_client()


@pytest.fixture
def statements(application: Flask) -> Iterator[Callable[[], list[str]]]:
    """What was sent to the database since the fixture began."""
    sent: list[str] = []

    def record(connection: object, cursor: object, statement: str, *_: object) -> None:
        sent.append(statement)

    with application.app_context():
        engine = db.engine

    def record_read(engine: object, statement: str, parameters: object) -> None:
        sent.append(statement)

    event.listen(engine, "before_cursor_execute", record)
    with statement_read.connected_to(record_read):
        yield lambda: list(sent)
    event.remove(engine, "before_cursor_execute", record)


@pytest.fixture
def stored(database_url: str) -> Callable[[], dict[str, list[tuple[object, ...]]]]:
    """Every row there is, to show that a refusal changed nothing."""

    def rows() -> dict[str, list[tuple[object, ...]]]:
        with psycopg.connect(database_url) as connection:
            return {name: connection.execute(f"SELECT * FROM {name} t ORDER BY t::text").fetchall() for name in READ}

    return rows
