"""One tag or category is changed or deleted; a receipt leads back."""

from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import func, select

from app.audit.commands import Diff
from app.core.locking import lock
from app.curation.commands.merging_tags import CURATING
from app.curation.commands.receipts import close_receipt, open_receipt
from app.curation.commands.reverting import revert_rows
from app.curation.models import Receipt
from app.errors import NotFound, Refused
from app.extensions import db
from app.identity.acting import current_actor, require
from app.identity.permissions import Permission
from app.insights.models import Revision
from app.taxonomy.commands.categories import delete_category, update_category
from app.taxonomy.commands.deleting import Deleted, bring_back
from app.taxonomy.commands.merging import merge_alone
from app.taxonomy.commands.tags import delete_tag, update_tag
from app.taxonomy.models import Category, Tag
from app.taxonomy.queries.names import KINDS, missing

Kind = type[Category] | type[Tag]

UPDATE: Mapping[Kind, Callable[..., Diff]] = {Tag: update_tag, Category: update_category}
# Action -> what is changed, or deleted.
CHANGES: Mapping[str, Kind] = {f"{known.noun}.update": kind for kind, known in KINDS.items()}
DELETIONS: Mapping[str, Kind] = {f"{known.noun}.delete": kind for kind, known in KINDS.items()}
NEWER_STAYS = "The {noun} was changed again since; what is newer stays."


def change(kind: Kind, key: int, changes: Mapping[str, Any], expected_version: int | None = None) -> UUID | None:
    """Change the given fields of a tag or category; the receipt, None when nothing differs. Raises what `update_tag`
    and `update_category` do."""
    differing = UPDATE[kind](key, changes, expected_version)
    if not differing:
        return None
    receipt_id = open_receipt(f"{KINDS[kind].noun}.update", {KINDS[kind].target: key})
    before, after = ({name: pair[place] for name, pair in differing.items()} for place in (0, 1))
    close_receipt(receipt_id, {"before": before, "after": after})
    return receipt_id


def undo_change(receipt: Receipt) -> dict[str, Any]:
    """Give the fields that an act changed what they had before it. `Refused` when one of them was changed again, the
    name is in use, or the tag or category is gone."""
    require(current_actor().may(Permission.CURATE), CURATING)
    kind = CHANGES[receipt.action]
    key = receipt.request[KINDS[kind].target]
    try:
        stored: Any = lock(kind, key, None)
    except NotFound as error:
        raise Refused(missing(kind, key).detail) from error
    if any(getattr(stored, name) != value for name, value in receipt.outcome["after"].items()):
        raise Refused(NEWER_STAYS.format(noun=KINDS[kind].noun))
    UPDATE[kind](key, receipt.outcome["before"])
    return {"reverted": 0, "left": []}


def delete(kind: Kind, key: int, expected_version: int | None = None) -> UUID:
    """Delete a tag, or an empty category; the receipt. Raises what `delete_tag` and `delete_category` do."""
    receipt_id = open_receipt(f"{KINDS[kind].noun}.delete", {KINDS[kind].target: key})
    # An empty category leaves no revisions that could name the receipt.
    deleted = delete_tag(key, expected_version, receipt_id) if kind is Tag else delete_category(key, expected_version)
    changed = select(func.count(Revision.insight_id.distinct())).where(Revision.receipt_id == receipt_id)
    close_receipt(receipt_id, {"changed": db.session.scalar(changed), **deleted._asdict()})
    return receipt_id


def undo_deletion(receipt: Receipt) -> dict[str, Any]:
    """Bring a tag or category back under its id with the names that stood for it, and put a tag on the insights whose
    tags nobody changed since; the others are left. `Refused` when one of the names is in use."""
    require(current_actor().may(Permission.CURATE), CURATING)
    merge_alone()
    bring_back(DELETIONS[receipt.action], Deleted(receipt.outcome["row"], receipt.outcome["aliases"]))
    reverted, left = revert_rows(receipt.id, touching=frozenset({"tags"}))
    return {"reverted": len(reverted), "left": left}
