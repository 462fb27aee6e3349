"""Uploads are run here, one at a time and for who brought them: tried out, then written, batch by batch. One that was
cut off is begun again, a few times: rows that are there already are left alone."""

import json
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from app.core.db import transact
from app.errors import DomainError, Forbidden
from app.exchange.commands import CREATED, UPDATED
from app.exchange.formats.archive import unpack_markdown
from app.exchange.formats.csv import CsvReader
from app.exchange.formats.json import JsonReader
from app.exchange.formats.markdown import MarkdownReader
from app.exchange.importing import Options, run_import
from app.exchange.mapping import Names
from app.exchange.models import Format, State
from app.exchange.output import printable
from app.exchange.records import Reader
from app.exchange.reports import Telling
from app.exchange.rows import Defaults
from app.extensions import db
from app.identity.acting import acting, current_actor, require
from app.identity.actor import LOCAL_ADMINISTRATOR, Actor
from app.identity.permissions import Permission
from app.identity.queries.credentials import person_actor

# Whoever names what a batch would make waits until it is rolled back: what is tried out is done in small ones.
ROWS_TRIED, ROWS_WRITTEN = 100, 500
BETWEEN_TELLING, BETWEEN_BREATHS = 0.5, 10.0
MOST_ATTEMPTS = 3
# Not heard of for that long, a run was cut off.
CUT_OFF = "state = 'running' AND heard_at < now() - interval '2 minutes'"
# What the columns of a table were chosen to stand for outlives every report.
COLUMNS = "CASE WHEN report ? 'columns' THEN jsonb_build_object('columns', report->'columns') ELSE '{}' END"
GIVE_UP = text(f"""
UPDATE import_runs SET state = 'failed', finished_at = now(),
    report = {COLUMNS} || jsonb_build_object('problem', CAST(:problem AS text))
WHERE {CUT_OFF} AND attempts >= :attempts
RETURNING id""")
# What ends the worker waits behind what others brought.
CLAIM = text(f"""
UPDATE import_runs SET state = 'running', heard_at = now(), attempts = attempts + 1, position = 0, report = {COLUMNS}
WHERE id = (
  SELECT id FROM import_runs WHERE state = 'waiting' OR ({CUT_OFF})
  ORDER BY attempts, created_at LIMIT 1 FOR UPDATE SKIP LOCKED)
RETURNING id, owner_id, format, file_name, file, status, dry_run, report->'columns' AS columns""")
HEARD = text("UPDATE import_runs SET heard_at = now(), position = :position, total = :total WHERE id = :id")
BREATH = text("UPDATE import_runs SET heard_at = now() WHERE id = :id")
STORED = text("UPDATE import_runs SET stored = stored + :rows WHERE id = :id")
END = text(f"""
UPDATE import_runs SET state = :state, report = {COLUMNS} || CAST(:report AS jsonb), position = total,
    finished_at = now()
WHERE id = :id""")
EDITING = "Importing is the editors'."
BROKEN = "Something went wrong on our side while this file was read. The log of the worker has the details."
GIVEN_UP = (
    f"This file was tried {MOST_ATTEMPTS} times and the worker ended each time: perhaps it needs more memory than there"
    " is. Upload it in parts, or ask whoever runs this library."
)

log = structlog.get_logger(__name__)


def claimed() -> Any | None:
    """The upload that waits longest, now this process' to run; None when none does. One that ended the worker each time
    is given up."""

    def command() -> Any | None:
        for given_up in db.session.scalars(GIVE_UP, {"problem": GIVEN_UP, "attempts": MOST_ATTEMPTS}):
            log.error("an import was given up", upload=str(given_up), attempts=MOST_ATTEMPTS)
        return db.session.execute(CLAIM).one_or_none()

    return transact(command)


def run(upload: Any) -> None:
    """Try it out or write it, and keep the report. Whatever goes wrong is told there."""
    try:
        with acting(_actor(upload.owner_id)), _breathing(upload.id):
            state, report = State.DONE, _imported(upload)
    except DomainError as error:
        state, report = State.FAILED, {"problem": printable(error.detail)}
    except Exception:
        log.exception("an import failed", upload=str(upload.id))
        state, report = State.FAILED, {"problem": BROKEN}
    told = {"id": upload.id, "state": state, "report": json.dumps(report)}
    transact(lambda: db.session.execute(END, told))


def _actor(owner_id: int | None) -> Actor:
    """Who brought it, with what they may do now."""
    actor = LOCAL_ADMINISTRATOR if owner_id is None else person_actor(owner_id)
    if actor is None:
        raise Forbidden("Who brought this file may not sign in any more.")
    return actor


def _imported(upload: Any) -> dict[str, Any]:
    require(current_actor().may(Permission.EDIT), EDITING)
    names = Names.of_columns(upload.columns) if upload.columns else Names()
    rows = ROWS_TRIED if upload.dry_run else ROWS_WRITTEN
    options = Options(names, Defaults(status=upload.status), rows, upload.dry_run, set_aside=True)
    with _reader(upload) as reader:
        telling = Telling(_Heartbeat(upload.id, reader.total))
        report = telling.report(run_import(reader, options, telling, _Counting(upload.id)))
        columns = reader.columns if isinstance(reader, CsvReader) else []
    return {**report, "columns": [(name, names.standing(name)) for name in columns]} if columns else report


@contextmanager
def _reader(upload: Any) -> Iterator[Reader]:
    with TemporaryDirectory(prefix="import-") as folder:
        path = Path(folder) / (Path(upload.file_name).name or "file")
        path.write_bytes(upload.file)
        match Format(upload.format):
            case Format.CSV:
                yield CsvReader(path)
            case Format.JSON:
                yield JsonReader(path)
            case Format.MARKDOWN:
                yield MarkdownReader(_markdown(path))


def _markdown(path: Path) -> Path:
    if path.name.lower().endswith(".md"):
        return path
    unpacked = path.with_name("files")
    unpacked.mkdir()
    unpack_markdown(path, unpacked)
    return unpacked


@contextmanager
def _breathing(run_id: UUID) -> Iterator[None]:
    """The run is heard of while it lasts: reading or writing one batch may take longer than the silence of one that was
    cut off."""
    ended, engine = threading.Event(), db.engine

    def breathe() -> None:
        while not ended.wait(BETWEEN_BREATHS):
            with suppress(SQLAlchemyError), engine.begin() as connection:
                connection.execute(BREATH, {"id": run_id})

    thread = threading.Thread(target=breathe, name="import breath", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


class _Counting:
    """Counts the rows that a batch stores, in the batch's transaction: the figure is true wherever the run ends."""

    def __init__(self, run_id: UUID) -> None:
        self._run_id = run_id

    def __call__(self, done: Sequence[str]) -> None:
        if rows := sum(what in (CREATED, UPDATED) for what in done):
            db.session.execute(STORED, {"id": self._run_id, "rows": rows})


class _Heartbeat:
    """Tells how far a run is."""

    def __init__(self, run_id: UUID, total: int) -> None:
        self._run_id, self._total, self._told = run_id, total, 0.0

    def __call__(self, position: int) -> None:
        if time.monotonic() - self._told < BETWEEN_TELLING:
            return
        self._told = time.monotonic()
        with db.engine.begin() as connection:
            connection.execute(HEARD, {"id": self._run_id, "position": position, "total": self._total})
