"""Entries are appended here, and nowhere else: inside the transaction of what they tell, so both happen or neither."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import text

from app.audit.models import DENIED, DONE, NAME_LENGTH
from app.audit.origin import current_origin
from app.core.db import read_rows, transact
from app.extensions import db

LONGEST_VALUE = 200
ANNOUNCE = text("SELECT set_config('insights.act', :act, true)")
APPEND = text("""
    INSERT INTO audit_log (actor_kind, actor_id, actor_name, ip, request_id, verb, outcome,
                           subject_type, subject_id, subject_name, diff)
    SELECT :actor_kind, :actor_id, :actor_name, CAST(:ip AS inet), :request_id, entry.*
    FROM json_to_recordset(CAST(:entries AS json)) AS entry(
        verb text, outcome text, subject_type text, subject_id text, subject_name text, diff jsonb)""")

# Field -> (before, after).
Diff = Mapping[str, tuple[Any, Any]]


@dataclass(frozen=True, slots=True)
class Entry:
    """What was done to what. ``verb`` is ``<thing>.<act>``; of a new thing the diff holds what is worth knowing."""

    verb: str
    subject_id: object = None
    subject_name: str | None = None
    diff: Diff | None = None
    outcome: str = DONE


def act(*, message: str | None = None, verb: str | None = None, receipt_id: object = None) -> str:
    """Who acts and why, as the triggers that write revisions want it: the setting ``insights.act`` of a transaction."""
    origin = current_origin()
    said = {
        "actor_kind": origin.actor_kind,
        "actor_id": origin.actor_id,
        "actor_name": origin.actor_name[:NAME_LENGTH],
        "message": message,
        "verb": verb,
        "receipt_id": receipt_id,
    }
    return json.dumps({name: value for name, value in said.items() if value is not None}, default=str)


def announce(*, message: str | None = None, verb: str | None = None, receipt_id: object = None) -> None:
    """Tell the database who acts in this transaction, before insights or their tags are changed."""
    db.session.execute(ANNOUNCE, {"act": act(message=message, verb=verb, receipt_id=receipt_id)})


def told(values: Mapping[str, Any]) -> Diff:
    """The diff of something new."""
    return {name: (None, value) for name, value in values.items() if value is not None}


def changed(stored: object, values: Mapping[str, Any]) -> Diff:
    """The diff of a stored row that gets new values."""
    return {name: (getattr(stored, name), value) for name, value in values.items() if getattr(stored, name) != value}


def record(
    verb: str,
    subject_id: object = None,
    subject_name: str | None = None,
    diff: Diff | None = None,
) -> None:
    """Append one entry about what the running transaction does."""
    record_all([Entry(verb, subject_id, subject_name, diff)])


def record_all(entries: Iterable[Entry]) -> None:
    """Append entries in one statement, however many they are."""
    rows = [_row(entry) for entry in entries]
    if not rows:
        return
    origin = current_origin()
    values = {
        "actor_kind": origin.actor_kind,
        "actor_id": origin.actor_id,
        "actor_name": origin.actor_name[:NAME_LENGTH],
        "ip": origin.ip,
        "request_id": origin.request_id,
        "entries": json.dumps(rows, default=str, ensure_ascii=False),
    }
    db.session.execute(APPEND, values)


def record_denial(verb: str, subject_id: object = None, subject_name: str | None = None) -> None:
    """Append, in a transaction of its own, that something was refused: what was refused is rolled back."""
    transact(record_all, [Entry(verb, subject_id, subject_name, outcome=DENIED)])


def keep_partitions() -> list[tuple[str, str]]:
    """Make the partitions of the coming months and drop those that ended six months ago; what was made and dropped."""
    return [(row.partition, row.what) for row in read_rows("SELECT * FROM audit_keep_partitions()")]


def _row(entry: Entry) -> dict[str, Any]:
    name = entry.subject_name
    return {
        "verb": entry.verb,
        "outcome": entry.outcome,
        "subject_type": entry.verb.partition(".")[0] if entry.subject_id is not None else None,
        "subject_id": None if entry.subject_id is None else str(entry.subject_id)[:100],
        "subject_name": name[:NAME_LENGTH] if name else None,
        "diff": {key: [_short(before), _short(after)] for key, (before, after) in entry.diff.items()}
        if entry.diff
        else None,
    }


def _short(value: Any) -> Any:
    """The log tells that a text changed and how it begins; the text itself is kept elsewhere."""
    if isinstance(value, str) and len(value) > LONGEST_VALUE:
        return f"{value[:LONGEST_VALUE]}… ({len(value):,} characters)"
    if isinstance(value, Mapping) and len(whole := json.dumps(value, default=str, ensure_ascii=False)) > LONGEST_VALUE:
        return _short(whole)
    return value
