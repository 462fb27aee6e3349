"""Alembic's entry, run by ``insights migrate`` and ``flask db ...`` inside an application context."""

from alembic import context
from flask import current_app
from sqlalchemy import text

import app.analytics.models  # noqa: F401  # tables that only SQL writes to
from app.extensions import db

# One migrating process at a time; the number is ours alone (the counts use 7201 with a second key).
MIGRATION_LOCK = 7200


def run_migrations() -> None:
    """Run the wanted migrations, each in a transaction of its own, behind one advisory lock."""
    with db.engine.connect() as connection:
        connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": MIGRATION_LOCK})
        connection.commit()
        context.configure(
            connection=connection,
            target_metadata=db.metadata,
            transaction_per_migration=True,
            **current_app.extensions["migrate"].configure_args,
        )
        with context.begin_transaction():
            context.run_migrations()
        connection.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": MIGRATION_LOCK})
        connection.commit()


run_migrations()
