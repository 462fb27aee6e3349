"""Bring the database's schema to the newest migration, and tell whether it is there."""

from functools import cache

from flask import Flask, current_app
from psycopg.errors import InsufficientPrivilege
from sqlalchemy import Connection
from sqlalchemy.exc import ProgrammingError

from app.config import REPOSITORY
from app.core.db import read_rows
from app.errors import Unavailable
from app.extensions import db

DIRECTORY = REPOSITORY / "migrations"
# Whoever migrated owns the tables; what the application may do with them is granted in one transaction after that.
USABLE = """
SELECT 1 WHERE to_regclass('public.alembic_version') IS NOT NULL AND NOT EXISTS (
  SELECT FROM pg_class
  WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'v')
    AND relowner = (SELECT relowner FROM pg_class WHERE oid = to_regclass('public.alembic_version'))
    AND NOT has_table_privilege(oid, 'SELECT'))
"""
MAY_NOT_MIGRATE = (
    "The database does not have this release's schema, and the role of DATABASE_URL may not change it: run `insights"
    " migrate` with the DATABASE_OWNER_URL of the role that owns the tables."
)
ELSEWHERE = (
    "The schema is up to date for DATABASE_OWNER_URL, but the role of DATABASE_URL can't use it: do both name the same"
    " database, and does the owner's role own its tables?"
)


@cache
def head() -> str:
    """The newest migration of this release."""
    return max(path.name.split("_")[0] for path in (DIRECTORY / "versions").glob("[0-9]*.py"))


def current() -> str | None:
    """The migration that the database is at; None for an empty one, and while the application lacks a right to read."""
    if not read_rows(USABLE):
        return None
    rows = read_rows("SELECT version_num FROM alembic_version")
    return str(rows[0][0]) if rows else None


def upgrade(app: Flask) -> None:
    """Migrate to the newest schema and let the application use it, as the owner of the database.

    An up-to-date database costs two small statements of the application's, alembic is not imported. Raises
    `Unavailable` when the settings name nobody who may migrate.
    """
    with app.app_context():
        if current() == head():
            return
        _migrate()
        if current() != head():
            raise Unavailable(ELSEWHERE)


def upgrade_within(connection: Connection) -> None:
    """Migrate to the newest schema and grant, in the transaction of the owner's connection: the caller commits."""
    from alembic import command

    bind(current_app)
    config = current_app.extensions["migrate"].migrate.get_config(str(DIRECTORY))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def bind(app: Flask) -> None:
    """Let flask-migrate know the application, when something is to migrate: loading it takes a fifth of a start."""
    from flask_migrate import Migrate

    Migrate().init_app(app, db, directory=str(DIRECTORY), compare_server_default=True)


def known(revision: str) -> bool:
    """Whether this release has such a migration."""
    return any((DIRECTORY / "versions").glob(f"{revision}_*.py"))


def _migrate() -> None:
    import flask_migrate

    bind(current_app)
    try:
        flask_migrate.upgrade(directory=str(DIRECTORY))
    except ProgrammingError as error:
        if isinstance(error.orig, InsufficientPrivilege):
            raise Unavailable(MAY_NOT_MIGRATE) from error
        raise
