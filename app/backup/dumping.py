"""Write a backup."""

from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import psycopg

from app.backup.archive import Told, Writing, new_archive
from app.backup.database import address, count_rows, driver_of, owner, server_version
from app.backup.files import configuration, fingerprint, key_file
from app.backup.manifest import CONFIGURATION, DUMP, SECRET_KEY, Manifest
from app.backup.objects import add_objects, hold_objects
from app.backup.programs import dumper, output_of, version
from app.errors import Refused
from app.version import VERSION

# Where our things are; what else is in the database belongs to somebody else.
SCHEMAS = ("public", "audit")
TABLES = """
SELECT relname FROM pg_class
WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')
  AND relowner = (SELECT relowner FROM pg_class WHERE oid = 'public.alembic_version'::regclass)
ORDER BY 1"""


class Taken(NamedTuple):
    """Of the database, at the moment of the backup."""

    at: datetime
    schema: str
    server: int
    rows: dict[str, int]


def write_backup(path: Path, replace: bool, programs: Path | None, told: Told) -> Manifest:
    """Write the database and what belongs to it into one file, as of one moment; others may write meanwhile.

    Raises `Refused` for a file that is there, `Unavailable` without a fitting pg_dump, `OSError` for a full disk.
    """
    with new_archive(path, replace) as writing, owner() as connection:
        driver = driver_of(connection)
        hold_objects(driver)
        snapshot = _snapshot(driver)
        taken = _taken(driver)
        program = dumper(taken.server, programs)
        database, environment = address()
        options = [f"--schema={name}" for name in SCHEMAS]
        command = [str(program), "--format=custom", "--no-password", f"--snapshot={snapshot}", *options, database]
        with output_of(command, environment) as dump:
            writing.add(DUMP, dump, told)
        _add_files(writing)
        missing = tuple(add_objects(writing, driver, told)) if "attachments" in taken.rows else ()
        manifest = Manifest(
            release=VERSION,
            taken_at=taken.at,
            schema_revision=taken.schema,
            server=taken.server,
            pg_dump=version(program) or taken.server,
            rows=taken.rows,
            key=fingerprint(),
            members=writing.members,
            missing=missing,
        )
        writing.end(manifest)
    return manifest


def _snapshot(driver: psycopg.Connection) -> str:
    """Begin a transaction that sees one moment; the name under which others see the same."""
    driver.execute("SET idle_in_transaction_session_timeout = 0")
    driver.commit()
    driver.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
    driver.read_only = True
    [(name,)] = driver.execute("SELECT pg_export_snapshot()").fetchall()
    return str(name)


def _taken(driver: psycopg.Connection) -> Taken:
    if driver.execute("SELECT to_regclass('public.alembic_version')").fetchone() == (None,):
        raise Refused("The database is empty: there is nothing to back up.")
    [(at, schema)] = driver.execute("SELECT now(), version_num FROM alembic_version").fetchall()
    tables = [name for (name,) in driver.execute(TABLES).fetchall()]
    return Taken(at.astimezone(UTC), schema, server_version(driver), count_rows(driver, tables))


def _add_files(writing: Writing) -> None:
    for name, path in ((SECRET_KEY, key_file()), (CONFIGURATION, configuration())):
        if path is not None and path.is_file():
            with path.open("rb") as file:
                writing.add(name, file)
