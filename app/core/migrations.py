"""Bring the database's schema to the newest migration, and tell whether it is there."""

from functools import cache

from flask import Flask

from app.config import REPOSITORY
from app.core.db import read_rows

DIRECTORY = REPOSITORY / "migrations"


@cache
def head() -> str:
    """The newest migration of this release."""
    return max(path.name.split("_")[0] for path in (DIRECTORY / "versions").glob("[0-9]*.py"))


def current() -> str | None:
    """The migration that the database is at; None for an empty database."""
    if not read_rows("SELECT 1 WHERE to_regclass('public.alembic_version') IS NOT NULL"):
        return None
    rows = read_rows("SELECT version_num FROM alembic_version")
    return str(rows[0][0]) if rows else None


def upgrade(app: Flask) -> None:
    """Migrate to the newest schema; an up-to-date database costs two small statements, alembic is not imported."""
    with app.app_context():
        if current() == head():
            return
        import flask_migrate

        flask_migrate.upgrade(directory=str(DIRECTORY))
