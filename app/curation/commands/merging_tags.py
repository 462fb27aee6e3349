"""One tag becomes another: insights, names and history follow, and a receipt leads back."""

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
from app.curation.commands.receipts import close_receipt, open_receipt
from app.curation.commands.reverting import revert_rows
from app.curation.models import Receipt
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
from app.taxonomy.commands.tags import CARRIERS
from app.taxonomy.models import Tag

TAG_MERGE = "tag.merge"
CURATING = "Tags and categories are the editors' to merge and to part again."

# The insights first, then their links, as the counts want it. A link that changes its tag is one revision, where a link
# lost and one gained would be written twice.
TOUCH = text("""
    UPDATE insights i SET updated_at = :now
    WHERE id = ANY (CAST(:ids AS int[]))
      AND EXISTS (SELECT FROM insight_tags WHERE insight_id = i.id AND tag_id = :tag_id)""")
RELINK = text("""
    UPDATE insight_tags link SET tag_id = :into
    WHERE tag_id = :tag_id AND insight_id = ANY (CAST(:ids AS int[]))
      AND NOT EXISTS (
        SELECT FROM insight_tags other WHERE other.insight_id = link.insight_id AND other.tag_id = :into)""")
UNLINK = text("DELETE FROM insight_tags WHERE tag_id = :tag_id AND insight_id = ANY (CAST(:ids AS int[]))")
AFFECTED = text("""
    SELECT count(*) AS insights, count(other.tag_id) AS both
    FROM insight_tags link LEFT JOIN insight_tags other ON other.insight_id = link.insight_id AND other.tag_id = :into
    WHERE link.tag_id = :tag_id""")
NAMES = text("""
    SELECT name FROM tags WHERE id = :tag_id UNION ALL SELECT name FROM tag_aliases WHERE tag_id = :tag_id
    ORDER BY name""")


@dataclass(frozen=True, slots=True)
class TagMerge:
    """What a merge does: how many insights carried the tag, how many of them its target too, and which names stand for
    the target after it. ``receipt_id`` is None while it is only looked at."""

    insights: int
    both: int
    aliases: Sequence[str]
    receipt_id: UUID | None = None


def preview_tag_merge(tag_id: int, into_id: int, expected_version: int | None = None) -> TagMerge:
    """What `merge_tag` would do; nothing is written."""
    require_both(Tag, tag_id, into_id)
    lock_both(Tag, tag_id, into_id, expected_version)
    affected = db.session.execute(AFFECTED, {"tag_id": tag_id, "into": into_id}).one()
    return TagMerge(affected.insights, affected.both, _names(tag_id))


def merge_tag(tag_id: int, into_id: int, expected_version: int | None = None, message: str | None = None) -> TagMerge:
    """Put the target on every insight that carries the tag, and make the tag's names aliases of the target.

    Raises `NotFound`, `Stale`, and `Refused` for a target that is the same or isn't there. A few statements, however
    many insights there are.
    """
    merge_alone()
    require_both(Tag, tag_id, into_id)
    receipt_id = open_receipt(TAG_MERGE, {"tag_id": tag_id, "into": into_id}, message)
    insights, both = _move_links(tag_id, into_id)
    # The tag last: whoever is tagging with it goes first, and what they tagged is moved too.
    tag, into = lock_both(Tag, tag_id, into_id, expected_version)
    late_insights, late_both = _move_links(tag_id, into_id)
    merge = TagMerge(insights + late_insights, both + late_both, _names(tag_id), receipt_id)
    merged = become_alias(Tag, tag_id, into_id)
    close_receipt(receipt_id, _outcome(merge, merged, into))
    record(TAG_MERGE, tag_id, tag.name, _told(merge, into))
    after_commit(lambda: insights_updated.inc(merge.insights))
    return merge


def _move_links(tag_id: int, into_id: int) -> tuple[int, int]:
    """How many insights carried the tag, and how many of them the target too."""
    ids = list(db.session.scalars(CARRIERS, {"tag_id": tag_id}))
    moved = [_move_some(part, tag_id, into_id) for part in batches(ids)]
    return sum(insights for insights, _ in moved), sum(both for _, both in moved)


def _move_some(ids: list[int], tag_id: int, into_id: int) -> tuple[int, int]:
    values = {"ids": ids, "tag_id": tag_id, "into": into_id}
    db.session.execute(TOUCH, {"ids": ids, "tag_id": tag_id, "now": now()})
    with refusing({"fk_insight_tags_tag_id": unknown_target(Tag, into_id)}):
        moved: int = db.session.execute(RELINK, values).rowcount  # type: ignore[attr-defined]
    both: int = db.session.execute(UNLINK, {"ids": ids, "tag_id": tag_id}).rowcount  # type: ignore[attr-defined]
    return moved + both, both


def _names(tag_id: int) -> list[str]:
    return list(db.session.scalars(NAMES, {"tag_id": tag_id}))


def _outcome(merge: TagMerge, merged: Merged, into: Any) -> dict[str, Any]:
    return {
        "changed": merge.insights,
        "both": merge.both,
        "into": {"id": into.id, "name": into.name},
        "row": merged.row,
        "aliases": merged.aliases,
    }


def _told(merge: TagMerge, into: Any) -> dict[str, tuple[Any, Any]]:
    """What the audit log tells of it."""
    return {
        "into": (None, f"{into.name} ({into.id})"),
        "insights": (None, merge.insights),
        "receipt": (None, str(merge.receipt_id)),
    }


def undo_tag_merge(receipt: Receipt) -> dict[str, Any]:
    """Bring the merged tag back under its id and put it on the insights whose tags nobody changed since; the others
    are left.

    `Refused` when the target was itself merged since (undo that first), or the name is in use.
    """
    require(current_actor().may(Permission.CURATE), CURATING)
    merge_alone()
    kept = receipt.outcome
    cease_alias(Tag, Merged(kept["row"], kept["aliases"]), kept["into"]["id"])
    reverted, left = revert_rows(receipt.id, touching=frozenset({"tags"}))
    return {"reverted": len(reverted), "left": left, "tag_id": kept["row"]["id"]}
