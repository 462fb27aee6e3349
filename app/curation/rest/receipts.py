"""``/receipts``."""

from typing import Any
from uuid import UUID

import orjson
from flask import Response, url_for

from app.core.http.endpoint import Endpoints
from app.core.http.respond import json_answer
from app.curation import examples
from app.curation.commands.undoing import undo_receipt
from app.curation.queries.receipts import receipt_json, receipts_json
from app.curation.schemas import ReceiptAnswer, ReceiptPage, ReceiptPageSchema, UndoAnswer
from app.identity.acting import current_actor
from app.identity.idempotency import once
from app.insights.schemas import ReasonSchema

api = Endpoints("receipts", __name__, description="What acts on many rows leave behind: what was done, and the undo.")
RECEIPT_ID = "/receipts/<uuid:receipt_id>"


@api.endpoint(
    "GET",
    "/receipts",
    ReceiptPage,
    query=ReceiptPageSchema,
    page=lambda _: url_for("acts.show"),
    answer_example=examples.RECEIPTS,
)
def list_receipts(arguments: dict[str, Any]) -> Response:
    """A page of receipts, newest first.

    One's own; editors see everybody's.
    """
    return json_answer(receipts_json(current_actor(), arguments["page"], arguments["page_size"]))


@api.endpoint(
    "GET",
    RECEIPT_ID,
    ReceiptAnswer,
    page=lambda receipt_id: url_for("acts.show_one", receipt_id=receipt_id),
    answer_example=examples.RECEIPT,
)
def get(receipt_id: UUID) -> Response:
    """One receipt, with what was asked for and what became of it."""
    return json_answer(receipt_json(current_actor(), receipt_id))


@api.endpoint(
    "POST",
    f"{RECEIPT_ID}/undo",
    UndoAnswer,
    body=ReasonSchema,
    refuses=True,
    once=True,
    body_example=examples.REASON,
    answer_example=examples.UNDONE,
)
def undo(reason: dict[str, Any], receipt_id: UUID) -> Response:
    """Undo a whole act.

    What something newer touched is left as it is, and listed; a further undoing takes it when it is free. The undoing
    has a receipt of its own: undoing that one does the act again, unless it was one on a tag or category.
    """
    return once(lambda: json_answer(orjson.dumps(_undone(receipt_id, reason.get("message")))))


def _undone(receipt_id: UUID, message: str | None) -> dict[str, Any]:
    undoing, outcome = undo_receipt(receipt_id, message)
    told = {name: outcome[name] for name in ("reverted", "left", "moved_back") if name in outcome}
    redoable = undoing is not None and "insights" in outcome
    address = url_for("receipts.undo", receipt_id=undoing) if redoable else None
    return {"receipt_id": undoing, "undo": address, **told}
