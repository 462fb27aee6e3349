"""Migrations: up, down, up again; the schema is what the models say; nothing stays behind."""

import time
from collections.abc import Iterator

import flask_migrate
import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from flask import Flask
from psycopg import Connection
from sqlalchemy.exc import ProgrammingError

import app.analytics.models  # tables that only SQL writes to
import app.attachments.models
import app.audit.models
import app.curation.models
import app.search.models  # noqa: F401
from app.config import Settings
from app.core.migrations import DIRECTORY, current, head, upgrade
from app.extensions import db
from tests.conftest import built, owner_libpq, scratch_database

OURS = """
SELECT 'relation ' || relname FROM pg_class WHERE relnamespace = 'public'::regnamespace
    AND relkind IN ('r', 'v', 'm', 'S', 'i')
UNION ALL SELECT 'function ' || proname FROM pg_proc p WHERE pronamespace = 'public'::regnamespace
    AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e')
UNION ALL SELECT 'type ' || typname FROM pg_type t WHERE typnamespace = 'public'::regnamespace
    AND typtype IN ('e', 'd')
ORDER BY 1"""
VERSION_TABLE = ["relation alembic_version", "relation alembic_version_pkc"]


@pytest.fixture
def empty(settings: Settings) -> Iterator[tuple[Flask, str]]:
    """The application over an empty database of its own, and the libpq URL of the role that owns it."""
    with scratch_database(settings) as scratch, built(scratch) as app:
        yield app, owner_libpq(scratch)


def objects(connection: Connection) -> list[str]:
    return [str(row[0]) for row in connection.execute(OURS).fetchall()]


def described(connection: Connection) -> list[tuple[object, ...]]:
    """Columns, constraints, indexes and triggers, in words."""
    return [
        *connection.execute(
            "SELECT table_name, column_name, data_type, is_nullable, column_default FROM information_schema.columns"
            " WHERE table_schema = 'public' ORDER BY 1, 2"
        ),
        *connection.execute(
            "SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint"
            " WHERE connamespace = 'public'::regnamespace ORDER BY 1, 2"
        ),
        *connection.execute(
            "SELECT tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = 'public' ORDER BY 2"
        ),
        *connection.execute(
            "SELECT tgrelid::regclass::text, tgname, pg_get_triggerdef(oid) FROM pg_trigger"
            " WHERE NOT tgisinternal ORDER BY 1, 2"
        ),
    ]


def test_up_down_up(empty: tuple[Flask, str]) -> None:
    app, url = empty
    with psycopg.connect(url, autocommit=True) as connection:
        assert objects(connection) == []
        upgrade(app)
        first = (objects(connection), described(connection))
        assert "relation insights" in first[0]
        with app.app_context():
            assert current() == head()
            flask_migrate.downgrade(directory=str(DIRECTORY), revision="base")
            assert current() is None
        assert objects(connection) == VERSION_TABLE
        upgrade(app)
        assert (objects(connection), described(connection)) == first


def test_a_migration_that_fails_locks_nobody_out(empty: tuple[Flask, str]) -> None:
    app, url = empty
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("CREATE TABLE insights (mine int)")
        with pytest.raises(ProgrammingError, match="already exists"):
            upgrade(app)
        held = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'"
        of_this = " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
        # The server lets go a moment after the connection is closed.
        waited = (connection.execute(held + of_this).fetchone() == (0,) or time.sleep(0.05) for _ in range(100))
        assert any(waited)
        connection.execute("DROP TABLE insights")
        upgrade(app)
        assert connection.execute("SELECT count(*) FROM insights").fetchone() == (0,)


def test_rows_survive_a_step_down_and_up(empty: tuple[Flask, str]) -> None:
    app, url = empty
    upgrade(app)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("INSERT INTO insights (title, description, author) VALUES ('T', 'd', 'A')")
        connection.execute("INSERT INTO tags (name, slug) VALUES ('n', 's')")
        connection.execute("INSERT INTO insight_tags (insight_id, tag_id) VALUES (1, 1)")
        with app.app_context():
            flask_migrate.downgrade(directory=str(DIRECTORY), revision="0001")
        assert connection.execute("SELECT usage_count FROM tags").fetchall() == [(1,)]
        upgrade(app)
        assert connection.execute("SELECT usage_count FROM tags_counted").fetchall() == [(1,)]
        assert connection.execute("SELECT sum(n) FROM insight_cells").fetchone() == (1,)


def test_the_schema_is_what_the_models_say(application: Flask) -> None:
    with application.app_context(), db.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        assert compare_metadata(context, db.metadata) == []


def test_an_up_to_date_database_is_left_alone(application: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_: object, **__: object) -> None:
        raise AssertionError("migrated again")

    monkeypatch.setattr(flask_migrate, "upgrade", never)
    upgrade(application)
