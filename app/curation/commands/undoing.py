"""Acts on many rows are undone here: what each of them left is set back where nothing newer stands in the way."""

from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from app.audit.commands import record
from app.curation.commands.changing import CHANGES, DELETIONS, undo_change, undo_deletion
from app.curation.commands.merging_categories import CATEGORY_MERGE, undo_category_merge
from app.curation.commands.merging_tags import TAG_MERGE, undo_tag_merge
from app.curation.commands.moving_categories import CATEGORY_MOVE, undo_category_move
from app.curation.commands.receipts import (
    close_receipt,
    drop_receipt,
    lock_receipt,
    mark_undone,
    open_receipt,
    went_back,
)
from app.curation.commands.reverting import revert_rows
from app.curation.models import LEFT, PURGED, UNDO, Action, Receipt
from app.errors import Refused
from app.insights.models import Verb

# What came of an undoing: "reverted" (how many insights went back), "left" (those that didn't, and why), and what else
# is worth keeping.
Outcome = Mapping[str, Any]


def undo_receipt(receipt_id: UUID, message: str | None = None) -> tuple[UUID | None, Outcome]:
    """Undo an act; the receipt of the undoing, None when it changed nothing, and what came of it.

    What an earlier undoing left is tried again. Raises `NotFound` for a receipt that the actor doesn't see, and
    `Refused` when nothing is left of the act, or it can't be undone.
    """
    receipt = lock_receipt(receipt_id)
    if receipt.undone_by and not receipt.outcome[LEFT]:
        raise Refused(f"Receipt {receipt_id} was undone already, by receipt {receipt.undone_by}.")
    undo = _way_back(receipt)
    request = {"receipt_id": str(receipt_id), "action": _first_action(receipt)}
    undoing = open_receipt(UNDO, request, message, verb=Verb.REVERT)
    outcome = undo(receipt)
    if undo is _revert and not outcome["reverted"]:
        drop_receipt(undoing)
        return None, outcome
    close_receipt(undoing, outcome)
    # What a merge or a deletion left can't be tried again: its tag or category is back.
    mark_undone(receipt, by=undoing, left=len(outcome["left"]) if undo is _revert else 0)
    record("receipt.undo", receipt_id, receipt.action, _told(undoing, outcome))
    return undoing, outcome


def _revert(receipt: Receipt) -> Outcome:
    """Undo what was done to insights; all of it is in their revisions, which are gone with those that were purged."""
    before = went_back(receipt)
    reverted, left = revert_rows(receipt.id, as_actor=True, but=before)
    purged = set(receipt.outcome["insights"]) - {*before, *reverted, *(each["id"] for each in left)}
    left = sorted([*left, *({"id": key, "reason": PURGED} for key in purged)], key=lambda each: each["id"])
    return {"reverted": len(reverted), "left": left, "insights": reverted}


# Action -> how it is undone. The receipt of the undoing is open by then, and announced with the verb "revert".
UNDOING: Mapping[str, Callable[[Receipt], Outcome]] = {
    **dict.fromkeys(Action, _revert),
    TAG_MERGE: undo_tag_merge,
    CATEGORY_MERGE: undo_category_merge,
    CATEGORY_MOVE: undo_category_move,
    **dict.fromkeys(CHANGES, undo_change),
    **dict.fromkeys(DELETIONS, undo_deletion),
}
# Those whose undoing can't be undone in the same way.
AGAIN = {
    TAG_MERGE: "Merging can't be redone in this way: merge the tags again.",
    CATEGORY_MERGE: "Merging can't be redone in this way: merge the categories again.",
    CATEGORY_MOVE: "Moving can't be redone in this way: move the category again.",
    **dict.fromkeys(CHANGES, "A change can't be redone in this way: change it again."),
    **dict.fromkeys(DELETIONS, "Deleting can't be redone in this way: delete it again."),
}


def _first_action(receipt: Receipt) -> str:
    """What was done in the beginning, before it was undone, redone and so on."""
    return str(receipt.request["action"]) if receipt.action == UNDO else receipt.action


def _way_back(receipt: Receipt) -> Callable[[Receipt], Outcome]:
    action = _first_action(receipt)
    if receipt.action == UNDO and action in AGAIN:
        raise Refused(AGAIN[action])
    return UNDOING[action]


def _told(undoing: UUID, outcome: Outcome) -> dict[str, tuple[Any, Any]]:
    """What the audit log tells of an undoing."""
    return {
        "receipt": (None, str(undoing)),
        "reverted": (None, outcome["reverted"]),
        "left": (None, len(outcome["left"])),
    }
