"""Uploads are run here, one at a time and for who brought them: tried out in a transaction that is rolled back, then
written batch by batch. One that was cut off is begun again: rows that are there already are left alone."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import text

from app.core.db import transact
from app.errors import DomainError, Forbidden
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

BETWEEN_TELLING = 0.5
# Not heard of for that long, a run was cut off.
CLAIM = text("""
UPDATE import_runs SET state = 'running', heard_at = now(), position = 0,
    report = CASE WHEN report ? 'columns' THEN jsonb_build_object('columns', report->'columns') ELSE '{}' END
WHERE id = (
  SELECT id FROM import_runs
  WHERE state = 'waiting' OR (state = 'running' AND heard_at < now() - interval '2 minutes')
  ORDER BY created_at LIMIT 1 FOR UPDATE SKIP LOCKED)
RETURNING id, owner_id, format, file_name, file, status, dry_run, report->'columns' AS columns""")
HEARD = text("UPDATE import_runs SET heard_at = now(), position = :position, total = :total WHERE id = :id")
END = text("""
UPDATE import_runs SET state = :state, report = CAST(:report AS jsonb), position = total, finished_at = now()
WHERE id = :id""")
EDITING = "Importing is the editors'."
BROKEN = "Something went wrong on our side while this file was read. The log of the worker has the details."

log = structlog.get_logger(__name__)


def claimed() -> Any | None:
    """The upload that waits longest, now this process' to run; None when none does."""
    return transact(lambda: db.session.execute(CLAIM).one_or_none())


def run(upload: Any) -> None:
    """Try it out or write it, and keep the report. Whatever goes wrong is told there."""
    try:
        with acting(_actor(upload.owner_id)):
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
    options = Options(names, Defaults(status=upload.status), dry_run=upload.dry_run, set_aside=True)
    with _reader(upload) as reader:
        telling = Telling(_Heartbeat(upload.id, reader.total))
        report = telling.report(run_import(reader, options, telling))
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


class _Heartbeat:
    """Tells how far a run is, on a connection of its own: what a dry run writes nobody ever sees."""

    def __init__(self, run_id: UUID, total: int) -> None:
        self._run_id, self._total, self._told = run_id, total, 0.0

    def __call__(self, position: int) -> None:
        if time.monotonic() - self._told < BETWEEN_TELLING:
            return
        self._told = time.monotonic()
        with db.engine.begin() as connection:
            connection.execute(HEARD, {"id": self._run_id, "position": position, "total": self._total})
