"""One act on many rows: announced before it changes anything, with a receipt that undoing starts from."""

import json
from collections.abc import Mapping
from typing import Any
from uuid import UUID

import uuid_utils.compat as uuid
from sqlalchemy import delete, select, text, update

from app.audit.commands import act
from app.audit.models import NAME_LENGTH
from app.audit.origin import current_origin
from app.curation.models import LEFT, UNDO, Receipt
from app.curation.policy import sees_receipt
from app.errors import NotFound
from app.extensions import db
from app.identity.acting import current_actor
from app.insights.models import Verb

OPEN = text("""
    INSERT INTO receipts (id, actor_kind, actor_id, actor_name, action, request)
    SELECT :id, :actor_kind, :actor_id, :actor_name, :action, CAST(:request AS jsonb)
    FROM (SELECT set_config('insights.act', :act, true)) announced""")

# The one that is running has no outcome yet.
UNDOINGS = text(f"""
    SELECT outcome->'insights' FROM receipts
    WHERE action = '{UNDO}' AND request->>'receipt_id' = :receipt_id AND outcome->'insights' IS NOT NULL""")


def open_receipt(
    action: str, request: Mapping[str, Any], message: str | None = None, *, verb: Verb | None = None
) -> UUID:
    """Store a receipt for what was asked for, and tell the database: every revision that the running transaction
    leaves from here on names it, with the message."""
    receipt_id = uuid.uuid7()
    origin = current_origin()
    values = {
        "id": receipt_id,
        "actor_kind": origin.actor_kind,
        "actor_id": origin.actor_id,
        "actor_name": origin.actor_name[:NAME_LENGTH],
        "action": action,
        "request": json.dumps({**request, **({"message": message} if message else {})}, default=str),
        "act": act(message=message, verb=verb, receipt_id=receipt_id),
    }
    db.session.execute(OPEN, values)
    return receipt_id


def close_receipt(receipt_id: UUID, outcome: Mapping[str, Any]) -> None:
    """Keep what became of the act: figures, and what undoing it needs that no revision holds."""
    db.session.execute(update(Receipt).where(Receipt.id == receipt_id).values(outcome=dict(outcome)))


def lock_receipt(receipt_id: UUID) -> Receipt:
    """The receipt, nobody else's to undo until the transaction ends. `NotFound` when the actor doesn't see it."""
    statement = select(Receipt).where(Receipt.id == receipt_id).with_for_update()
    receipt = db.session.scalars(statement.execution_options(populate_existing=True)).one_or_none()
    if receipt is None or not sees_receipt(current_actor(), receipt):
        raise NotFound.of("Receipt", receipt_id)
    db.session.expunge(receipt)
    return receipt


def mark_undone(receipt: Receipt, by: UUID, left: int) -> None:
    """Say which receipt undid this one, the last one of several, and how many insights are left to undo."""
    values = {"undone_by": by, "outcome": {**receipt.outcome, LEFT: left}}
    db.session.execute(update(Receipt).where(Receipt.id == receipt.id).values(values))


def went_back(receipt: Receipt) -> set[int]:
    """The insights that were set back when it was undone before."""
    if not receipt.undone_by:
        return set()
    outcomes = db.session.scalars(UNDOINGS, {"receipt_id": str(receipt.id)})
    return {insight_id for insights in outcomes for insight_id in insights}


def drop_receipt(receipt_id: UUID) -> None:
    """Of an act that changed nothing, no trace is left."""
    db.session.execute(delete(Receipt).where(Receipt.id == receipt_id))
