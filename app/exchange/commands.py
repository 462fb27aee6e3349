"""Write one batch of rows; the caller's transaction commits it."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from sqlalchemy import Row as StoredRow

from app.exchange.queries import stored_insights
from app.exchange.rows import Row
from app.insights.commands.tagging import wanted_tags
from app.insights.commands.updating import Change, update_insights
from app.insights.commands.writing import create_insights
from app.taxonomy.commands.resolving import resolve
from app.taxonomy.models import Category

CREATED, UPDATED, UNCHANGED = "created", "updated", "unchanged"
# Of a stored insight, its public id stays; its time of update alone is no change.
NOT_COMPARED = frozenset({"public_id", "updated_at", "category_name", "tags"})


def import_batch(rows: Sequence[Row]) -> list[str]:
    """Create the insights that are new, update those that differ; tell what was done, row by row.

    An insight is the same when it has the row's external key or, failing that, its public id. Costs a few statements,
    however many rows there are.
    """
    known = _known(rows)
    matches = [next((known[key] for key in row.identities if key in known), None) for row in rows]
    new = [row for row, stored in zip(rows, matches, strict=True) if stored is None]
    if new:
        create_insights([row.draft for row in new])
    pairs = [(row, stored) for row, stored in zip(rows, matches, strict=True) if stored is not None]
    updates = iter(_update(pairs))
    return [CREATED if stored is None else next(updates) for stored in matches]


def _known(rows: Sequence[Row]) -> dict[tuple[str, str], StoredRow[Any]]:
    keys = [identity for row in rows for identity in row.identities]
    external_keys = [key for name, key in keys if name == "external_key"]
    stored = stored_insights(external_keys, [key for name, key in keys if name == "public_id"])
    return {(name, str(getattr(each, name))): each for each in stored for name in ("external_key", "public_id")}


def _update(pairs: Sequence[tuple[Row, StoredRow[Any]]]) -> list[str]:
    if not pairs:
        return []
    tags = wanted_tags([row.given for row, _ in pairs])
    named = [str(row.given["category_name"]) for row, _ in pairs if row.given.get("category_name")]
    categories = resolve(Category, named) if named else {}
    changes = [
        _change(row.given, stored, tag_ids, categories) for (row, stored), tag_ids in zip(pairs, tags, strict=True)
    ]
    if real := [change for change in changes if change is not None]:
        update_insights(real)
    return [UNCHANGED if change is None else UPDATED for change in changes]


def _change(
    given: Mapping[str, Any], stored: StoredRow[Any], tag_ids: list[int] | None, categories: Mapping[str, int]
) -> Change | None:
    """Where the row differs from what is stored; None: nowhere."""
    wanted = {name: value for name, value in given.items() if name not in NOT_COMPARED}
    if "category_name" in given:
        wanted["category_id"] = categories.get(given["category_name"])
    fields = {name: value for name, value in wanted.items() if not same(getattr(stored, name), value)}
    current = frozenset(stored.tag_ids)
    desired = current if tag_ids is None else frozenset(tag_ids)
    if not fields and desired == current:
        return None
    if given.get("updated_at") not in (None, stored.updated_at):
        fields["updated_at"] = given["updated_at"]
    return Change(stored.id, fields, desired - current, current - desired)


def same(stored: Any, given: Any) -> bool:
    """Whether Postgres would store the given value as the one that it has: 1e5 is 100000 to it, but 1 is not true."""
    if isinstance(stored, Mapping) and isinstance(given, Mapping):
        return stored.keys() == given.keys() and all(same(stored[key], given[key]) for key in stored)
    if isinstance(stored, list) and isinstance(given, list):
        return len(stored) == len(given) and all(map(same, stored, given))
    if isinstance(stored, bool) or isinstance(given, bool):
        return stored is given
    if isinstance(stored, (int, float)) and isinstance(given, (int, float)):
        return Decimal(repr(stored)) == Decimal(repr(given))
    return bool(stored == given)
