"""A category moves, with all below it, to another place in the tree; a receipt leads back."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import text

from app.audit.commands import record
from app.curation.commands.merging_tags import CURATING
from app.curation.commands.receipts import close_receipt, open_receipt
from app.curation.models import Receipt
from app.errors import NotFound, Refused
from app.extensions import db
from app.identity.acting import current_actor, require
from app.identity.permissions import Permission
from app.taxonomy.commands.categories import place_category, standing
from app.taxonomy.commands.merging import merge_alone

CATEGORY_MOVE = "category.move"
SUBTREE = text("""
    WITH RECURSIVE subtree AS (
      SELECT id FROM categories WHERE id = :category_id
      UNION SELECT c.id FROM categories c JOIN subtree ON c.parent_id = subtree.id)
    SELECT (SELECT count(*) FROM subtree) AS categories,
           (SELECT coalesce(sum(n), 0) FROM insight_cells WHERE category_id IN (SELECT id FROM subtree)) AS insights""")


@dataclass(frozen=True, slots=True)
class CategoryMove:
    """What a move takes along: the category itself and those below it, and the insights of all of them. ``receipt_id``
    is None while it is only looked at."""

    insights: int
    categories: int
    receipt_id: UUID | None = None


def preview_category_move(category_id: int, parent_id: int | None, expected_version: int | None = None) -> CategoryMove:
    """What `move_category` would do: it is tried, and taken back."""
    trial = db.session.begin_nested()
    place_category(category_id, standing(parent_id), expected_version)
    trial.rollback()
    return _move(category_id)


def move_category(
    category_id: int, parent_id: int | None, expected_version: int | None = None, message: str | None = None
) -> CategoryMove:
    """Put a category below another one, or (None) at the top. Raises `NotFound`, `Stale`, and `Refused` for a parent
    that isn't there or lies below it."""
    merge_alone()
    receipt_id = open_receipt(CATEGORY_MOVE, {"category_id": category_id, "parent_id": parent_id}, message)
    above = standing(parent_id)
    stored = place_category(category_id, above, expected_version)
    move = _move(category_id, receipt_id)
    places = {"before": stored.parent_id, "after": above}
    figures = {"changed": move.categories, "insights": move.insights, "categories": move.categories}
    close_receipt(receipt_id, {**figures, "parent_id": places})
    told = {"parent_id": (stored.parent_id, above), "receipt": (None, str(receipt_id))}
    record(CATEGORY_MOVE, category_id, stored.name, told)
    return move


def _move(category_id: int, receipt_id: UUID | None = None) -> CategoryMove:
    moved = db.session.execute(SUBTREE, {"category_id": category_id}).one()
    return CategoryMove(int(moved.insights), moved.categories, receipt_id)


def undo_category_move(receipt: Receipt) -> dict[str, Any]:
    """Put the category back where it was; "reverted" counts categories, as a move does. `Refused` when it was moved or
    deleted since, or its old place is gone."""
    require(current_actor().may(Permission.CURATE), CURATING)
    merge_alone()
    category_id, parents = receipt.request["category_id"], receipt.outcome["parent_id"]
    try:
        above = standing(parents["before"])
        stored = place_category(category_id, above)
    except NotFound as error:
        raise Refused(f"Category {category_id} is not there any more.") from error
    _refuse_newer(stored.parent_id, parents)
    back = _move(category_id)
    place = {"category_id": category_id, "parent_id": above, "categories": back.categories, "insights": back.insights}
    return {"reverted": back.categories, "left": [], "moved_back": place}


def _refuse_newer(parent_id: int | None, parents: Mapping[str, int | None]) -> None:
    if parent_id != standing(parents["after"]):
        raise Refused("The category was moved again since; its newer place stays.")
