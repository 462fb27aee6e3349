"""Write one batch of rows; the caller's transaction commits it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Row as StoredRow
from sqlalchemy import TextClause, text

from app.exchange.rows import Row
from app.extensions import db
from app.insights.commands.tagging import wanted_tags
from app.insights.commands.updating import Change, difference, update_insights
from app.insights.commands.writing import category_ids, create_insights

CREATED, UPDATED, UNCHANGED, IN_TRASH = "created", "updated", "unchanged", "left out, in the trash"
# Of a stored insight, its public id stays; its time of update alone is no change.
NOT_COMPARED = frozenset({"public_id", "updated_at", "category_name", "tags"})

# Locked until the transaction ends.
STORED = text("""
SELECT i.id, i.external_key, i.public_id, i.title, i.description, i.content, i.source, i.author, i.category_id,
    i.priority, i.status, i.visibility, i.owner_id, i.metadata AS extra, i.created_at, i.updated_at, i.published_at,
    ARRAY (SELECT it.tag_id FROM insight_tags it WHERE it.insight_id = i.id) AS tag_ids
FROM insights i
WHERE i.external_key = ANY (CAST(:external_keys AS text[])) OR i.public_id = ANY (CAST(:public_ids AS uuid[]))
ORDER BY i.id FOR NO KEY UPDATE OF i""")
TRASHED = text("""
SELECT id, external_key, public_id FROM insight_trash
WHERE external_key = ANY (CAST(:external_keys AS text[])) OR public_id = ANY (CAST(:public_ids AS uuid[]))
ORDER BY id""")


@dataclass(frozen=True, slots=True)
class Written:
    """What was done with a row, and the insight that it is."""

    what: str
    insight_id: int


def import_batch(rows: Sequence[Row]) -> list[Written]:
    """Create the insights that are new, update those that differ, leave alone what lies in the trash: what was deleted
    stays deleted. Tell what was done, row by row.

    An insight is the same when it has the row's external key or, failing that, its public id. Costs a few statements,
    however many rows there are.
    """
    matches = _matches(STORED, rows)
    pairs = [(row, stored) for row, stored in zip(rows, matches, strict=True) if stored is not None]
    unknown = [row for row, stored in zip(rows, matches, strict=True) if stored is None]
    # Asked after the stored ones: what was being deleted meanwhile is in one of the two.
    trashed = _matches(TRASHED, unknown)
    new = [row.draft for row, gone in zip(unknown, trashed, strict=True) if gone is None]
    created = iter(create_insights(new) if new else [])
    others = iter([Written(CREATED, next(created)) if gone is None else Written(IN_TRASH, gone.id) for gone in trashed])
    updated = iter(_update(pairs))
    return [next(others) if stored is None else Written(next(updated), stored.id) for stored in matches]


def _matches(statement: TextClause, rows: Sequence[Row]) -> list[StoredRow[Any] | None]:
    """For each row, which of the insights that the statement finds has its external key or, failing that, its public
    id."""
    if not rows:
        return []
    keys = [identity for row in rows for identity in row.identities]
    external_keys = [key for name, key in keys if name == "external_key"]
    public_ids = [key for name, key in keys if name == "public_id"]
    found = db.session.execute(statement, {"external_keys": external_keys, "public_ids": public_ids}).all()
    known = {("external_key", each.external_key): each for each in found}
    known |= {("public_id", str(each.public_id)): each for each in found}
    return [next((known[key] for key in row.identities if key in known), None) for row in rows]


def _update(pairs: Sequence[tuple[Row, StoredRow[Any]]]) -> list[str]:
    if not pairs:
        return []
    tags = wanted_tags([row.given for row, _ in pairs])
    categories = category_ids([row.given for row, _ in pairs])
    changes = [
        _change(row.given, stored, tag_ids, category)
        for (row, stored), tag_ids, category in zip(pairs, tags, categories, strict=True)
    ]
    if real := [change for change in changes if change is not None]:
        update_insights(real)
    return [UNCHANGED if change is None else UPDATED for change in changes]


def _change(
    given: Mapping[str, Any], stored: StoredRow[Any], tag_ids: list[int] | None, category: Mapping[str, int]
) -> Change | None:
    """Where the row differs from what is stored; None: nowhere."""
    wanted = {name: value for name, value in given.items() if name not in NOT_COMPARED}
    if "category_name" in given:
        wanted["category_id"] = category.get("category_id")
    current = frozenset(stored.tag_ids)
    change = difference(stored, wanted, current, current if tag_ids is None else frozenset(tag_ids))
    if change is None or given.get("updated_at") in (None, stored.updated_at):
        return change
    return replace(change, fields={**change.fields, "updated_at": given["updated_at"]})
