"""Make the database what a backup holds."""

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg
from psycopg import sql
from psycopg.errors import DeadlockDetected
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from app.backup.archive import Backup, Told
from app.backup.database import OURS, count_rows, driver_of, owner, server_version
from app.backup.manifest import DUMP, Manifest
from app.backup.programs import output_of, restorer
from app.backup.script import run_script
from app.core.migrations import head, known, upgrade_within
from app.embedded.postgres import EXTENSIONS
from app.errors import Invalid, Refused

CLEAR = Path(__file__).with_name("clear.sql")
# The same as for migrations: two never run at once.
MIGRATION_LOCK = 7200
LOCK_ATTEMPTS, SECONDS_BETWEEN = 20, 0.5
# In a table of contents: what the database has already.
ALREADY_THERE = re.compile(r"\d+; \d+ \d+ (SCHEMA - public|COMMENT - SCHEMA public|EXTENSION|COMMENT - EXTENSION) ")


def refuse_unfit(manifest: Manifest) -> None:
    """Raises `Refused` for a backup of a newer release."""
    if not known(manifest.schema_revision):
        raise Refused(
            f"The backup is of release {manifest.release}, whose schema {manifest.schema_revision} this one doesn't"
            f" know: its newest is {head()}. Restore it with that release or a newer one."
        )


def restore_database(backup: Backup, programs: Path | None, told: Told) -> None:
    """Replace everything in the database by what the backup holds, and migrate it to the newest schema: completely, or
    not at all. Others wait meanwhile.

    Raises `Refused` when the server is too old, `Unavailable` without a fitting pg_restore, `Invalid` when the dump
    doesn't hold what the manifest says.
    """
    dump = backup.member(DUMP)
    program = restorer(backup.manifest.pg_dump, programs)
    with owner() as connection, _alone(connection) as driver, _refusing():
        _refuse_older_server(driver, backup.manifest)
        driver.execute(CLEAR.read_bytes())
        for name in EXTENSIONS:
            driver.execute(sql.SQL("CREATE EXTENSION IF NOT EXISTS {}").format(sql.Identifier(name)))
        _load(driver, [str(program), "--no-owner", "--no-privileges"], str(dump), told)
        _compare(driver, backup.manifest)
        upgrade_within(connection)
        driver.execute("ANALYZE")


def _load(driver: psycopg.Connection, command: list[str], dump: str, told: Told) -> None:
    with TemporaryDirectory() as folder:
        contents = Path(folder) / "contents"
        with output_of([*command, "--list", dump]) as listed:
            contents.write_bytes(b"".join(line for line in listed if not ALREADY_THERE.match(line.decode())))
        with output_of([*command, f"--use-list={contents}", "--file=-", dump]) as script:
            run_script(driver, script, told)
    driver.execute("RESET ALL")  # the script changed the search path


def _compare(driver: psycopg.Connection, manifest: Manifest) -> None:
    there = count_rows(driver, list(manifest.rows))
    wrong = [
        f"{name}: {there[name]} rows in place of {rows}" for name, rows in manifest.rows.items() if there[name] != rows
    ]
    if wrong:
        raise Invalid(f"The dump doesn't hold what the manifest says: {'; '.join(wrong)}.")


def _refuse_older_server(driver: psycopg.Connection, manifest: Manifest) -> None:
    server = server_version(driver)
    if server < manifest.server:
        raise Refused(f"The backup is of PostgreSQL {manifest.server}, and this server is PostgreSQL {server}: older.")


@contextmanager
def _refusing() -> Iterator[None]:
    """What the database doesn't take of a dump or of a migration is the operator's to know in its words."""
    try:
        yield
    except (psycopg.Error, DBAPIError) as error:
        cause = error.orig if isinstance(error, DBAPIError) else error
        raise Refused(f"The backup can't be restored, and nothing was changed: {cause}") from None


@contextmanager
def _alone(connection: Connection) -> Iterator[psycopg.Connection]:
    """A transaction that holds every table of ours, so that nobody reads or writes one until it ends. Those who work
    with them just now are waited for; when they wait for us, too, we step back and try again."""
    driver = driver_of(connection)
    for attempt in range(1, LOCK_ATTEMPTS + 1):
        transaction = connection.begin()
        try:
            _lock_everything(driver)
            break
        except DeadlockDetected:
            transaction.rollback()
            if attempt == LOCK_ATTEMPTS:
                raise
            time.sleep(SECONDS_BETWEEN)
    with transaction:
        yield driver


def _lock_everything(driver: psycopg.Connection) -> None:
    driver.execute("SELECT pg_advisory_xact_lock(%s)", [MIGRATION_LOCK])
    tables = [sql.Identifier("public", name) for (name,) in driver.execute(OURS).fetchall()]
    if tables:
        driver.execute(sql.SQL("LOCK TABLE {} IN ACCESS EXCLUSIVE MODE").format(sql.SQL(", ").join(tables)))
