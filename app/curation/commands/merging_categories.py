"""One category becomes another, or moves to another place in the tree; a receipt leads back."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import text

from app.audit.commands import record
from app.core.clock import now
from app.core.db import after_commit, refusing
from app.core.metrics import insights_updated
from app.curation.batches import batches
from app.curation.commands.merging_tags import CURATING
from app.curation.commands.receipts import close_receipt, open_receipt
from app.curation.commands.reverting import revert_rows
from app.curation.models import Receipt
from app.errors import Refused
from app.extensions import db
from app.identity.acting import current_actor, require
from app.identity.permissions import Permission
from app.taxonomy.commands.merging import (
    Merged,
    become_alias,
    cease_alias,
    lock_both,
    merge_alone,
    require_both,
    unknown_target,
)
from app.taxonomy.models import Category

CATEGORY_MERGE = "category.merge"

HELD = text("SELECT id FROM insights WHERE category_id = :category_id ORDER BY id FOR NO KEY UPDATE")
MOVE = text("""
    UPDATE insights SET category_id = :into, updated_at = :now
    WHERE category_id = :category_id AND id = ANY (CAST(:ids AS int[]))""")
CHILDREN = text("UPDATE categories SET parent_id = :into WHERE parent_id = :category_id RETURNING id")
GIVE_BACK = text("""
    UPDATE categories SET parent_id = :category_id
    WHERE id = ANY (CAST(:ids AS int[])) AND parent_id = :into RETURNING id""")
LIES_BELOW = text("""
    WITH RECURSIVE above AS (
      SELECT parent_id FROM categories WHERE id = :into
      UNION SELECT c.parent_id FROM categories c JOIN above ON c.id = above.parent_id)
    SELECT EXISTS (SELECT FROM above WHERE parent_id = :category_id)""")
AFFECTED = text("""
    SELECT (SELECT count(*) FROM insights WHERE category_id = :category_id) AS insights,
           (SELECT count(*) FROM categories WHERE parent_id = :category_id) AS categories""")
NAMES = text("""
    SELECT name FROM categories WHERE id = :category_id
    UNION ALL SELECT name FROM category_aliases WHERE category_id = :category_id ORDER BY name""")


@dataclass(frozen=True, slots=True)
class CategoryMerge:
    """What a merge does: how many insights and child categories move, and which names stand for the target after it.
    ``receipt_id`` is None while it is only looked at."""

    insights: int
    categories: int
    aliases: Sequence[str]
    receipt_id: UUID | None = None


def preview_category_merge(category_id: int, into_id: int, expected_version: int | None = None) -> CategoryMerge:
    """What `merge_category` would do; nothing is written."""
    require_both(Category, category_id, into_id)
    lock_both(Category, category_id, into_id, expected_version)
    _refuse_descendant(category_id, into_id)
    affected = db.session.execute(AFFECTED, {"category_id": category_id}).one()
    return CategoryMerge(affected.insights, affected.categories, _names(category_id))


def merge_category(
    category_id: int, into_id: int, expected_version: int | None = None, message: str | None = None
) -> CategoryMerge:
    """Move a category's insights and children to the target, and make its names aliases of the target.

    Raises `NotFound`, `Stale`, and `Refused` for a target that is the same, lies below or isn't there. A few
    statements, however many insights there are.
    """
    merge_alone()
    require_both(Category, category_id, into_id)
    _refuse_descendant(category_id, into_id)
    receipt_id = open_receipt(CATEGORY_MERGE, {"category_id": category_id, "into": into_id}, message)
    insights = _move_insights(category_id, into_id)
    # The category last: whoever is filing into it goes first, and what they filed is moved too.
    category, into = lock_both(Category, category_id, into_id, expected_version)
    insights += _move_insights(category_id, into_id)
    children = _move_children(category_id, into_id)
    merge = CategoryMerge(insights, len(children), _names(category_id), receipt_id)
    merged = become_alias(Category, category_id, into_id)
    close_receipt(receipt_id, _outcome(merge, merged, into, children))
    record(CATEGORY_MERGE, category_id, category.name, _told(merge, into))
    after_commit(lambda: insights_updated.inc(insights))
    return merge


def _move_insights(category_id: int, into_id: int) -> int:
    ids = list(db.session.scalars(HELD, {"category_id": category_id}))
    return sum(_move_some(part, category_id, into_id) for part in batches(ids))


def _move_some(ids: list[int], category_id: int, into_id: int) -> int:
    values = {"ids": ids, "category_id": category_id, "into": into_id, "now": now()}
    with refusing({"fk_insights_category_id": unknown_target(Category, into_id)}):
        moved: int = db.session.execute(MOVE, values).rowcount  # type: ignore[attr-defined]
    return moved


def _move_children(category_id: int, into_id: int) -> list[int]:
    with refusing({"categories_no_cycle": _below(category_id, into_id)}):
        return sorted(db.session.scalars(CHILDREN, {"category_id": category_id, "into": into_id}))


def _refuse_descendant(category_id: int, into_id: int) -> None:
    if db.session.scalar(LIES_BELOW, {"category_id": category_id, "into": into_id}):
        raise _below(category_id, into_id)


def _below(category_id: int, into_id: int) -> Refused:
    detail = f"into: category {into_id} lies below category {category_id}, so it can't take its place."
    return Refused.because_of("into", detail, "cycle")


def _names(category_id: int) -> list[str]:
    return list(db.session.scalars(NAMES, {"category_id": category_id}))


def _outcome(merge: CategoryMerge, merged: Merged, into: Any, children: Sequence[int]) -> dict[str, Any]:
    return {
        "changed": merge.insights,
        "categories": children,
        "into": {"id": into.id, "name": into.name},
        "row": merged.row,
        "aliases": merged.aliases,
    }


def _told(merge: CategoryMerge, into: Any) -> dict[str, tuple[Any, Any]]:
    """What the audit log tells of it."""
    return {
        "into": (None, f"{into.name} ({into.id})"),
        "insights": (None, merge.insights),
        "categories": (None, merge.categories),
        "receipt": (None, str(merge.receipt_id)),
    }


def undo_category_merge(receipt: Receipt) -> dict[str, Any]:
    """Bring the merged category back under its id, with the insights and children that nobody moved since; the others
    are left.

    Where its own parent is gone, it comes back at the top. `Refused` when the target was itself merged since (undo that
    first), the name is in use, or the tree has changed so that the old place lies below the children.
    """
    require(current_actor().may(Permission.CURATE), CURATING)
    merge_alone()
    kept = receipt.outcome
    row, into_id = kept["row"], kept["into"]["id"]
    cease_alias(Category, Merged(row, kept["aliases"]), into_id)
    reverted, left = revert_rows(receipt.id, touching=frozenset({"category_id"}))
    children = _give_back(row["id"], into_id, kept["categories"])
    left_categories = sorted(set(kept["categories"]) - children)
    return {"reverted": len(reverted), "left": left, "category_id": row["id"], "left_categories": left_categories}


def _give_back(category_id: int, into_id: int, ids: Sequence[int]) -> set[int]:
    cycle = Refused(
        "The tree has changed since: what lay below the category lies above its old place. Move that first."
    )
    with refusing({"categories_no_cycle": cycle}):
        values = {"category_id": category_id, "into": into_id, "ids": list(ids)}
        return set(db.session.scalars(GIVE_BACK, values))
