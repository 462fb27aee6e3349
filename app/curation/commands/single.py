"""One act on one insight that a page shows."""

from uuid import UUID

from app.curation.commands.bulk import change_many
from app.curation.models import Action
from app.insights.commands.writing import lock_for_change


def change_one(insight_id: int, action: Action, expected_version: int) -> UUID | None:
    """Publish, archive or trash an insight as it was read; the receipt that undoes it, None when it was so already.
    Raises `NotFound`, `Forbidden` and `Stale` as every change of one does."""
    lock_for_change(insight_id, expected_version, to_delete=action is Action.TRASH)
    receipt_id: UUID | None = change_many({"action": action, "ids": [insight_id]})["receipt_id"]
    return receipt_id
