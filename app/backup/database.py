"""The database as the role that owns the tables, which alone may read and replace all of them."""

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

import psycopg
from flask import current_app
from psycopg import sql
from psycopg.conninfo import make_conninfo
from sqlalchemy import Connection, NullPool, create_engine
from sqlalchemy.dialects.postgresql.psycopg import dialect as psycopg_dialect

from app.core.db import domain_errors
from app.errors import Refused

OWNS_TABLES = """
SELECT pg_has_role(relowner, 'USAGE') FROM pg_class WHERE oid = to_regclass('public.alembic_version')"""
# The tables that are the connected role's.
OURS = """
SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')
  AND pg_get_userbyid(relowner) = current_user ORDER BY 1"""
NOT_THE_OWNER = "The role of DATABASE_URL doesn't own the tables: DATABASE_OWNER_URL must name the one that does."


@contextmanager
def owner() -> Iterator[Connection]:
    """A connection of its own, closed in the end. Raises `Refused` when the settings name a role that owns nothing."""
    engine = create_engine(current_app.config["MIGRATIONS_DATABASE_URI"], poolclass=NullPool)
    with domain_errors(), engine.connect() as connection:
        driver = driver_of(connection)
        if driver.execute(OWNS_TABLES).fetchone() == (False,):
            raise Refused(NOT_THE_OWNER)
        driver.rollback()
        yield connection


def driver_of(connection: Connection) -> psycopg.Connection:
    """For what goes past SQLAlchemy: COPY, scripts."""
    driver = connection.connection.driver_connection
    assert isinstance(driver, psycopg.Connection)  # noqa: S101 (for the type)
    return driver


def address() -> tuple[str, Mapping[str, str]]:
    """Where PostgreSQL's programs find it, and their environment: others see the arguments of a process, so the
    password isn't one."""
    url = current_app.config["MIGRATIONS_DATABASE_URI"]
    _, given = psycopg_dialect().create_connect_args(url)  # type: ignore[no-untyped-call]
    password = given.pop("password", None)
    environment = {"PGPASSWORD": str(password)} if password is not None else {}
    return make_conninfo(**given), {**os.environ, **environment}


def server_version(driver: psycopg.Connection) -> int:
    """The major one."""
    return driver.info.server_version // 10_000


def count_rows(driver: psycopg.Connection, tables: Sequence[str]) -> dict[str, int]:
    """How many rows each of the tables (in the schema ``public``) holds."""
    question = sql.SQL("SELECT count(*) FROM {}")
    counted = {}
    for name in tables:
        row = driver.execute(question.format(sql.Identifier("public", name))).fetchone()
        counted[name] = int(row[0]) if row else 0
    return counted
