"""Files that were uploaded to be imported are kept, let be written and dropped here."""

from collections.abc import Mapping, Sequence
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
BEGUN = "This file is being imported, or was imported already."
UNTRIED = "This file could not be tried out, so it can't be imported either."


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
        # In bytes: it is the name of a file when the worker reads it.
        file_name=name.encode(errors="replace")[-FILE_NAME_LENGTH:].decode(errors="ignore").replace("\0", ""),
        file=content,
        status=status,
    )
    db.session.add(run)
    record("import.upload", run.id, run.file_name, told({"size": len(content)}))
    return run.id


def write(run_id: UUID) -> None:
    """Let what was tried out be written, or what failed on the way go on. `Refused` for what could not be tried out,
    while it runs, or once it is written."""
    stored = _locked(run_id)
    if stored.dry_run and stored.state == State.FAILED:
        raise Refused(UNTRIED)
    if stored.state != (State.DONE if stored.dry_run else State.FAILED):
        raise Refused(BEGUN)
    _start(run_id, stored.report.get("columns", []), dry_run=False)
    record("import.write", run_id, stored.file_name)


def choose_columns(run_id: UUID, chosen: Sequence[str]) -> None:
    """Try a table out again, its columns standing in their order for fields (or `KEPT`, `DROPPED`). `Refused` while it
    runs, once it is written, and for another number of columns than it has."""
    stored = _locked(run_id)
    names = [name for name, _ in stored.report.get("columns", [])]
    if stored.state not in (State.DONE, State.FAILED) or not stored.dry_run:
        raise Refused(BEGUN)
    if not names or len(names) != len(chosen):
        raise Refused("These are not the columns of this file.")
    _start(run_id, list(zip(names, chosen, strict=True)), dry_run=True)


def _start(run_id: UUID, columns: Sequence[Sequence[str]], *, dry_run: bool) -> None:
    """The columns stay as they were chosen: the run keeps them."""
    report = {"columns": columns} if columns else {}
    begun = {"state": State.WAITING, "attempts": 0, "position": 0, "finished_at": None}
    values = {**begun, "dry_run": dry_run, "report": report}
    db.session.execute(update(ImportRun).where(ImportRun.id == run_id).values(values))


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
