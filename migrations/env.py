"""Alembic's entry, run by ``insights migrate`` and ``flask db ...`` inside an application context."""

from pathlib import Path

from alembic import context
from flask import current_app
from sqlalchemy import Connection, NullPool, create_engine, text

import app.analytics.models  # tables that only SQL writes to
import app.attachments.models
import app.audit.models
import app.capture.models
import app.search.models  # noqa: F401
from app.core.db import read_rows
from app.extensions import db

# One migrating process at a time; the number is ours alone (the counts use 7201 with a second key).
MIGRATION_LOCK = 7200
GRANTS = Path(__file__).parent / "grants.sql"


def run_migrations() -> None:
    """Run the wanted migrations as the owner of the database, then grant the application what it needs: in the
    transaction of a connection that was given (a restore's), else each in a transaction of its own, behind one advisory
    lock.

    The own connection is closed in the end, so neither the lock nor the settings outlive a migration that failed.
    """
    if (given := context.config.attributes.get("connection")) is not None:
        _migrate(given)
        return
    with create_engine(current_app.config["MIGRATIONS_DATABASE_URI"], poolclass=NullPool).connect() as connection:
        # As long as they need; but a change of a table waits for others' locks only shortly, as everybody waits for it.
        connection.execute(text("SET statement_timeout = 0; SET lock_timeout = 0"))
        connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": MIGRATION_LOCK})
        connection.execute(text("SET lock_timeout = '10s'"))
        connection.commit()
        _migrate(connection)
        connection.commit()


def _migrate(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=db.metadata,
        transaction_per_migration=True,
        **current_app.extensions["migrate"].configure_args,
    )
    with context.begin_transaction():
        context.run_migrations()
    _grant(connection)


def _grant(connection: Connection) -> None:
    [(application,)] = read_rows("SELECT current_user")  # an address need not name its role
    connection.execute(text("SELECT set_config('insights.application', :role, true)"), {"role": application})
    connection.execute(text(GRANTS.read_text(encoding="utf-8")))


run_migrations()
