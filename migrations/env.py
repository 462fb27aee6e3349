"""Alembic's entry, run by ``insights migrate`` and ``flask db ...`` inside an application context."""

from alembic import context
from flask import current_app
from sqlalchemy import NullPool, create_engine, text

import app.analytics.models  # noqa: F401  # tables that only SQL writes to
from app.extensions import db

# One migrating process at a time; the number is ours alone (the counts use 7201 with a second key).
MIGRATION_LOCK = 7200


def run_migrations() -> None:
    """Run the wanted migrations, each in a transaction of its own, behind one advisory lock.

    The connection is closed in the end, so neither the lock nor the settings outlive a migration that failed.
    """
    with create_engine(db.engine.url, poolclass=NullPool).connect() as connection:
        # As long as they need; but a change of a table waits for others' locks only shortly, as everybody waits for it.
        connection.execute(text("SET statement_timeout = 0; SET lock_timeout = 0"))
        connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": MIGRATION_LOCK})
        connection.execute(text("SET lock_timeout = '10s'"))
        connection.commit()
        context.configure(
            connection=connection,
            target_metadata=db.metadata,
            transaction_per_migration=True,
            **current_app.extensions["migrate"].configure_args,
        )
        with context.begin_transaction():
            context.run_migrations()


run_migrations()
