"""Acts on many rows are undone here: what each of them left is set back where nothing newer stands in the way."""

from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from app.audit.commands import record
from app.curation.commands.merging_categories import CATEGORY_MERGE, undo_category_merge
from app.curation.commands.merging_tags import TAG_MERGE, undo_tag_merge
from app.curation.commands.moving_categories import CATEGORY_MOVE, undo_category_move
from app.curation.commands.receipts import close_receipt, lock_receipt, mark_undone, open_receipt
from app.curation.commands.reverting import revert_rows
from app.curation.models import UNDO, Action, Receipt
from app.errors import Refused
from app.insights.models import Verb

# What came of an undoing: "reverted" (how many insights went back), "left" (the ids of those that didn't), and what
# else is worth keeping.
Outcome = Mapping[str, Any]


def undo_receipt(receipt_id: UUID, message: str | None = None) -> tuple[UUID, Outcome]:
    """Undo an act; the receipt of the undoing, and what came of it.

    Raises `NotFound` for a receipt that the actor doesn't see, and `Refused` when it was undone already or can't be. An
    act of which nothing could be set back counts as not undone.
    """
    receipt = lock_receipt(receipt_id)
    if receipt.undone_by:
        raise Refused(f"Receipt {receipt_id} was undone already, by receipt {receipt.undone_by}.")
    undo = _way_back(receipt)
    request = {"receipt_id": str(receipt_id), "action": _first_action(receipt)}
    undoing = open_receipt(UNDO, request, message, verb=Verb.REVERT)
    outcome = undo(receipt)
    close_receipt(undoing, outcome)
    if outcome["reverted"] or undo is not _revert:
        mark_undone(receipt_id, by=undoing)
    record("receipt.undo", receipt_id, receipt.action, _told(undoing, outcome))
    return undoing, outcome


def _revert(receipt: Receipt) -> Outcome:
    """Undo what was done to insights; all of it is in their revisions, which are gone with those that were purged."""
    reverted, left = revert_rows(receipt.id, as_actor=True)
    purged = set(receipt.outcome["insights"]) - {*reverted, *left}
    return {"reverted": len(reverted), "left": sorted({*left, *purged}), "insights": reverted}


# Action -> how it is undone. The receipt of the undoing is open by then, and announced with the verb "revert".
UNDOING: Mapping[str, Callable[[Receipt], Outcome]] = {
    **dict.fromkeys(Action, _revert),
    TAG_MERGE: undo_tag_merge,
    CATEGORY_MERGE: undo_category_merge,
    CATEGORY_MOVE: undo_category_move,
}
# Those whose undoing is an act of the same kind, and can be undone in the same way.
REDOABLE = frozenset(Action)


def _first_action(receipt: Receipt) -> str:
    """What was done in the beginning, before it was undone, redone and so on."""
    return str(receipt.request["action"]) if receipt.action == UNDO else receipt.action


def _way_back(receipt: Receipt) -> Callable[[Receipt], Outcome]:
    action = _first_action(receipt)
    if action not in UNDOING or (receipt.action == UNDO and action not in REDOABLE):
        raise Refused(f"Receipt {receipt.id} can't be undone: what it undid has to be done anew.")
    return UNDOING[action]


def _told(undoing: UUID, outcome: Outcome) -> dict[str, tuple[Any, Any]]:
    """What the audit log tells of an undoing."""
    return {
        "receipt": (None, str(undoing)),
        "reverted": (None, outcome["reverted"]),
        "left": (None, len(outcome["left"])),
    }
