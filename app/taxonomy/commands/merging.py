"""A tag or category becomes an alias of another one, and itself again; what carries it is the caller's."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import text

from app.core.locking import lock
from app.errors import NotFound, Refused
from app.extensions import db
from app.taxonomy.commands.deleting import DELETE, come_back
from app.taxonomy.commands.resolving import LARGEST_ID
from app.taxonomy.models import Category, Tag
from app.taxonomy.queries.names import KINDS

# Merges and their undoing come one after the other: of two that cross, the second sees what the first one did.
ALONE = text("SELECT pg_advisory_xact_lock(7201, 4)")
THERE = "SELECT id FROM {table} WHERE id = ANY (CAST(:ids AS int[]))"
MOVE_ALIASES = "UPDATE {aliases} SET {target} = :into WHERE {target} = :id RETURNING former_id"
REMEMBER = """
INSERT INTO {aliases} (former_id, {target}, name, slug)
SELECT id, :into, name, slug FROM jsonb_populate_record(NULL::{table}, CAST(:row AS jsonb))"""
INTO = "SELECT alias.{target} AS id, stored.name FROM {aliases} alias JOIN {table} stored ON stored.id = alias.{target}"
FORGET = "DELETE FROM {aliases} WHERE former_id = :id"
GIVE_BACK = (
    "UPDATE {aliases} SET {target} = :id WHERE {target} = :into AND former_id = ANY (CAST(:former_ids AS int[]))"
)


class Merged(NamedTuple):
    """What undoing a merge needs: the row that went, as JSON, and the aliases that it had (their former ids)."""

    row: Mapping[str, Any]
    aliases: Sequence[int]


def merge_alone() -> None:
    """Wait until no other merge is running."""
    db.session.execute(ALONE)


def require_both(kind: type[Category] | type[Tag], key: int, into_id: int) -> None:
    """See that there is something to merge, before much is done. `NotFound`, and `Refused` when the target is the same
    or none."""
    if key == into_id:
        noun = KINDS[kind].noun
        raise Refused.because_of("into", f"into: {noun} {into_id} can't be merged into itself.", "same")
    there = {row.id for row in _run(THERE, kind, ids=[each for each in (key, into_id) if 0 < each <= LARGEST_ID])}
    if key not in there:
        raise NotFound.of(kind.__name__, key)
    if into_id not in there:
        raise unknown_target(kind, into_id)


def lock_both(
    kind: type[Category] | type[Tag], key: int, into_id: int, expected_version: int | None = None
) -> tuple[Any, Any]:
    """The one that goes and its target, locked in the order of their ids. Raises what `require_both` does, and
    `Stale`."""
    found = {each: _lock(kind, each, expected_version, goes=each == key) for each in sorted((key, into_id))}
    return found[key], found[into_id]


def _lock(kind: type[Category] | type[Tag], key: int, expected_version: int | None, *, goes: bool) -> Any:
    try:
        return lock(kind, key, expected_version if goes else None, to_delete=goes)
    except NotFound as error:
        if goes:
            raise
        raise unknown_target(kind, key) from error


def unknown_target(kind: type[Category] | type[Tag], into_id: int) -> Refused:
    """The refusal of a target that isn't there."""
    return Refused.because_of("into", f"into: {KINDS[kind].noun} {into_id} does not exist.", "unknown_reference")


def become_alias(kind: type[Category] | type[Tag], key: int, into_id: int) -> Merged:
    """Delete one that nothing carries any more; its name and its own aliases stand for the target from now on."""
    moved = [row.former_id for row in _run(MOVE_ALIASES, kind, id=key, into=into_id)]
    row = _run(DELETE, kind, id=key).one().row
    _run(REMEMBER, kind, into=into_id, row=json.dumps(row))
    return Merged(row, moved)


def cease_alias(kind: type[Category] | type[Tag], merged: Merged, into_id: int) -> None:
    """Bring one back under its old id, in a new version, with those of its aliases that still stand for the target.

    A category whose parent is gone comes to the top. `Refused` when the target was itself merged since, or the name is
    in use.
    """
    row = merged.row
    _require_still_into(kind, row["id"], into_id)
    _run(FORGET, kind, id=row["id"])
    come_back(kind, row)
    _run(GIVE_BACK, kind, id=row["id"], into=into_id, former_ids=list(merged.aliases))


def _require_still_into(kind: type[Category] | type[Tag], former_id: int, into_id: int) -> None:
    now = _run(INTO + " WHERE former_id = :id", kind, id=former_id).one_or_none()
    if now is not None and now.id != into_id:
        noun = KINDS[kind].noun
        raise Refused(f"The {noun} {into_id} was itself merged since, into {now.name!r} ({now.id}): undo that first.")


def _run(statement: str, kind: type[Category] | type[Tag], **parameters: Any) -> Any:
    return db.session.execute(text(statement.format(**KINDS[kind]._asdict())), parameters)
