"""Fixtures for every test: one real PostgreSQL and Valkey for the session, a clean database for each test."""

import gc
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import cache
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
from app.identity.acting import acting
from app.identity.actor import LOCAL_ADMINISTRATOR
from app.identity.queries.credentials import forget_callers
from tests.identity.world import build

# A test leaves few rows: deleting them is faster than truncating the files.
EMPTY = """
DELETE FROM insights; DELETE FROM insight_trash; DELETE FROM receipts; DELETE FROM idempotency_keys;
DELETE FROM tags; DELETE FROM categories; DELETE FROM users; DELETE FROM one_time_links;
DELETE FROM search_words; DELETE FROM search_terms; DELETE FROM search_statistics; DELETE FROM search_log;
DELETE FROM saved_searches; DELETE FROM attachments; DELETE FROM import_runs;
DELETE FROM working_copies; DELETE FROM content_templates;
SELECT set_config('insights.audit_upkeep', 'on', false); DELETE FROM audit_log;
SELECT set_config('insights.audit_upkeep', 'off', false);
DELETE FROM insight_counts; DELETE FROM insight_count_delta; DELETE FROM tag_counts; DELETE FROM tag_count_delta;
SELECT setval('insights_id_seq', 1, false), setval('tags_id_seq', 1, false), setval('categories_id_seq', 1, false),
    setval('users_id_seq', 1, false), setval('api_tokens_id_seq', 1, false),
    setval('saved_searches_id_seq', 1, false), setval('content_templates_id_seq', 1, false);
"""
# Without when they were last seen: whoever is refused was seen.
PEOPLE = "(SELECT id, kind, email, name, role, password_hash, totp_secret, version, disabled_at FROM users)"
READ = (
    "insights", "insight_tags", "tags_counted", "categories", "insight_cells", "tag_cells", "insight_revisions",
    "insight_trash", "attachments", "insight_attachments", "tag_aliases", "category_aliases", "receipts",
    "idempotency_keys", "saved_searches", "import_runs", "working_copies",
    "content_templates", PEOPLE,
)  # fmt: skip
EVERY_ROW = " UNION ALL ".join(f"SELECT '{name}', ARRAY(SELECT t::text FROM {name} t)" for name in READ)


# They begin first, so that the workers of a whole run end together; see `make test`.
LONGEST = (
    "tests/model/test_write_side.py", "tests/docs/test_tutorial.py", "tests/faults/test_each_call.py",
    "tests/browser/test_hostile.py", "tests/test_supervisor.py", "tests/browser/test_pages_accessible.py",
    "tests/test_verify.py", "tests/backup/test_restore.py", "tests/embedded/test_servers.py", "tests/test_openapi.py",
)  # fmt: skip


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--forbid-skips", action="store_true", help="fail when a test was skipped")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    places = {name: number for number, name in enumerate(LONGEST)}

    def place(item: pytest.Item) -> int:
        return min((number for name, number in places.items() if item.nodeid.startswith(name)), default=len(LONGEST))

    items.sort(key=place)


def pytest_collection_finish() -> None:
    keep_what_is_there()


def keep_what_is_there() -> None:
    """All that was imported and built stays until the end: no collection walks over it again."""
    gc.collect()
    gc.freeze()


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Where everything can be installed (CI), a skipped test is a missing one."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if session.config.getoption("--forbid-skips") and reporter and reporter.stats.get("skipped"):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.fixture(scope="session")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """Settings that name running servers: DATABASE_URL (with DATABASE_OWNER_URL) and REDIS_URL when set, else the
    embedded ones."""
    instance: Path = tmp_path_factory.mktemp("instance")
    given = load_settings(instance=instance)
    with running_servers(given) as settings:
        if given.database_url is None:
            let_tests_use(settings)
        yield settings


def let_tests_use(settings: Settings) -> None:
    """The embedded server's owner may not create databases; its superuser, known to its private socket only, lets it.
    Nothing here outlives a crash, so nobody waits for the disk."""
    superuser = make_url(owner_libpq(settings)).set(username="postgres")
    with psycopg.connect(superuser.render_as_string(hide_password=False), autocommit=True) as connection:
        connection.execute("ALTER ROLE insights_owner CREATEDB")
        connection.execute("ALTER SYSTEM SET fsync = off")
        connection.execute("ALTER SYSTEM SET full_page_writes = off")
        connection.execute("SELECT pg_reload_conf()")


@contextmanager
def built(settings: Settings, *, serves: bool = True) -> Iterator[Flask]:
    """An application whose connections are closed in the end; one that ``serves`` nothing, a command's, is cheap."""
    app = create_app(settings, serves=serves)
    try:
        yield app
    finally:
        with app.app_context():
            close_connections()


def libpq(settings: Settings) -> str:
    """The database as psycopg wants it, for the application's role."""
    return str(settings.database_url).replace("+psycopg", "", 1)


def owner_libpq(settings: Settings) -> str:
    """The same for the role that owns the database: the application's when there is only one."""
    return str(settings.database_owner_url or settings.database_url).replace("+psycopg", "", 1)


@contextmanager
def scratch_database(settings: Settings) -> Iterator[Settings]:
    """Settings that name a new, empty database of the owner's, dropped in the end.

    Without FORCE: that asks for the right to signal whoever is connected, the autovacuum workers too; a plain DROP ends
    those by itself, and a connection that a test left open fails it.
    """
    name = f"insights_test_{uuid4().hex[:12]}"

    def renamed(url: str) -> str:
        return make_url(url).set(database=name).render_as_string(hide_password=False)

    with psycopg.connect(owner_libpq(settings), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
        connection.execute(f"ALTER DATABASE {name} SET synchronous_commit = off")  # nothing here outlives a crash
        yield settings.with_servers(renamed(libpq(settings)), settings.redis_url, renamed(owner_libpq(settings)))
        connection.execute(f"DROP DATABASE {name}")


@pytest.fixture(scope="session")
def migrated(settings: Settings) -> Iterator[Settings]:
    """Settings that name a migrated database of this session's own."""
    with scratch_database(settings) as scratch:
        with built(scratch, serves=False) as app:
            upgrade(app)
        yield scratch


@pytest.fixture(scope="session")
def database_url(migrated: Settings) -> str:
    """The session's database for the application's role (libpq URL)."""
    return libpq(migrated)


@pytest.fixture(scope="session")
def owner_url(migrated: Settings) -> str:
    """The session's database for the role that owns it, who may do everything with it (libpq URL)."""
    return owner_libpq(migrated)


@pytest.fixture(scope="session")
def application(migrated: Settings) -> Iterator[Flask]:
    """The application over the session's database."""
    with built(migrated) as app:
        keep_what_is_there()
        yield app


@pytest.fixture(scope="session")
def application_with(migrated: Settings) -> Iterator[Callable[..., Flask]]:
    """Applications over the session's database with other settings: each is built once, for all tests that ask."""
    with ExitStack() as stack:

        @cache
        def build(**given: object) -> Flask:
            return stack.enter_context(built(migrated.model_copy(update=given)))

        yield build


@pytest.fixture(scope="session")
def lasting_owner(owner_url: str) -> Iterator[Callable[[], psycopg.Connection]]:
    """The owner's connection for all tests: one that is new plans and compiles everything anew."""
    connection = psycopg.connect(owner_url, autocommit=True)

    def alive() -> psycopg.Connection:
        nonlocal connection
        try:
            connection.execute("SELECT 1")
        except psycopg.OperationalError:  # a test ended it
            connection = psycopg.connect(owner_url, autocommit=True)
        return connection

    yield alive
    connection.close()


@pytest.fixture
def owner_connection(lasting_owner: Callable[[], psycopg.Connection]) -> psycopg.Connection:
    """Past the application, as the role that owns the database; in autocommit."""
    return lasting_owner()


@pytest.fixture
def clean_database(owner_connection: psycopg.Connection) -> None:
    """Empty tables, ids from 1 on; and what the server counted of the session's writes is told, not some time later."""
    owner_connection.execute(EMPTY)
    owner_connection.execute("SELECT pg_stat_force_next_flush()")


@pytest.fixture
def app(application: Flask, clean_database: None) -> Iterator[Flask]:
    """The application inside an application context, over empty tables."""
    with application.app_context(), acting(LOCAL_ADMINISTRATOR):
        yield application
        db.session.remove()


@pytest.fixture
def client(application: Flask, clean_database: None) -> FlaskClient:
    """A program that calls the API."""
    return application.test_client()


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
def stored(owner_connection: psycopg.Connection) -> Callable[[], dict[str, list[str]]]:
    """Every row there is, as text, to show that a refusal changed nothing."""
    return lambda: {name: sorted(rows) for name, rows in owner_connection.execute(EVERY_ROW.encode()).fetchall()}
