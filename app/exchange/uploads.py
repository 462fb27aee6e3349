"""Files that were uploaded to be imported are kept, let be written and dropped here."""

from collections.abc import Mapping
from uuid import UUID

import uuid_utils.compat as uuid
from sqlalchemy import delete, func, select, text, update

from app.audit.commands import record, told
from app.errors import FieldError, Invalid, NotFound, Refused
from app.exchange.models import FILE_NAME_LENGTH, Format, ImportRun, State
from app.extensions import db
from app.identity.acting import current_actor

ENDINGS: Mapping[str, Format] = {
    ".csv": Format.CSV,
    ".tsv": Format.CSV,
    ".json": Format.JSON,
    ".jsonl": Format.JSON,
    ".ndjson": Format.JSON,
    ".zip": Format.MARKDOWN,
    ".md": Format.MARKDOWN,
}
DAYS_KEPT = 30


def upload(name: str, content: bytes, status: str) -> UUID:
    """Keep a file to be tried out. Raises `Invalid` naming the field ``file``."""
    known = next((found for ending, found in ENDINGS.items() if name.lower().endswith(ending)), None)
    if known is None:
        raise _wrong(f"must be one of {', '.join(ENDINGS)}")
    if not content:
        raise _wrong("is empty")
    run = ImportRun(
        id=uuid.uuid7(),
        owner_id=current_actor().user_id,
        format=known,
        file_name=name[-FILE_NAME_LENGTH:],
        file=content,
        status=status,
    )
    db.session.add(run)
    record("import.upload", run.id, run.file_name, told({"size": len(content)}))
    return run.id


def write(run_id: UUID) -> None:
    """Let what was tried out be written. `Refused` while it runs, or once it is written."""
    stored = _locked(run_id)
    if stored.state not in (State.DONE, State.FAILED) or not stored.dry_run:
        raise Refused("This file is being imported, or was imported already.")
    values = {"dry_run": False, "state": State.WAITING, "position": 0, "report": {}, "finished_at": None}
    db.session.execute(update(ImportRun).where(ImportRun.id == run_id).values(values))
    record("import.write", run_id, stored.file_name)


def discard(run_id: UUID) -> None:
    """Forget a file and its report. `Refused` while it runs."""
    stored = _locked(run_id)
    if stored.state == State.RUNNING:
        raise Refused("This file is being read just now. Try again when that is done.")
    db.session.execute(delete(ImportRun).where(ImportRun.id == run_id))


def forget_uploads() -> None:
    """Drop files and reports of long ago."""
    old = ImportRun.created_at < func.now() - text(f"interval '{DAYS_KEPT} days'")
    db.session.execute(delete(ImportRun).where(old, ImportRun.state.in_((State.DONE, State.FAILED))))


def _locked(run_id: UUID) -> ImportRun:
    mine = ImportRun.owner_id.is_not_distinct_from(current_actor().user_id)
    statement = select(ImportRun).where(ImportRun.id == run_id, mine).with_for_update()
    stored = db.session.scalars(statement.execution_options(populate_existing=True)).one_or_none()
    if stored is None:
        raise NotFound.of("Import", run_id)
    return stored


def _wrong(message: str) -> Invalid:
    return Invalid.because([FieldError(("file",), message, "invalid")])
