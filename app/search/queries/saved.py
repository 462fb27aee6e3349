"""Saved searches as JSON, by name: the reader's own and those that others share."""

from datetime import datetime
from typing import Any
from uuid import NAMESPACE_OID, UUID, uuid5

from app.core.clock import iso_utc
from app.core.db import Versioned, read_json, read_rows, read_versioned
from app.errors import NotFound
from app.identity.actor import Actor
from app.identity.audience import EVERYTHING, Audience
from app.identity.permissions import ROLES, Permission, Role
from app.search.policy import sees_sql

KIND = "Saved search"
# A saved search `s`. Administrators change also what others share.
ANSWER = """json_build_object(
    'id', s.id, 'name', s.name, 'query', s.query, 'shared', s.shared,
    'owner', (SELECT json_build_object('id', u.id, 'name', u.name) FROM users u WHERE u.id = s.owner_id),
    'may_change', CAST(:administers AS boolean) OR (s.owner_id = CAST(:reader AS integer)) IS TRUE,
    'feed', format('/search/saved/%s/feed.atom', s.id), 'has_feed_key', s.feed_key_hash IS NOT NULL,
    'created_at', iso_utc(s.created_at), 'updated_at', iso_utc(s.updated_at), 'version', s.version)"""
ONE = f"SELECT {ANSWER}::text, s.version FROM saved_searches s WHERE s.id = CAST(:id AS numeric) AND {{sees}}"
LIST = f"""
SELECT coalesce(json_agg({ANSWER} ORDER BY folded(s.name), s.id), '[]')::text
FROM (SELECT * FROM saved_searches s WHERE {{sees}} ORDER BY folded(name), id OFFSET :skip LIMIT :limit) s"""
ROW = "SELECT s.* FROM saved_searches s WHERE s.id = CAST(:id AS numeric) AND {sees}"
# Under its key a feed shows what its owner sees now, and nothing when the owner was kept out.
BY_KEY = """
SELECT s.*, u.role FROM saved_searches s LEFT JOIN users u ON u.id = s.owner_id
WHERE s.id = CAST(:id AS numeric) AND s.feed_key_hash = :hash AND u.disabled_at IS NULL
  AND (s.owner_id IS NOT NULL OR :ownerless)"""
OWNER = "SELECT role FROM users WHERE id = :owner_id"


def saved_search_json(actor: Actor, saved_id: int) -> Versioned:
    """One saved search (`SavedSearchAnswer`). `NotFound` when the actor doesn't see it."""
    return read_versioned(KIND, ONE.format(sees=sees_sql(actor)), saved_id, **_reader(actor))


def changed_search_json(actor: Actor, saved_id: int) -> Versioned:
    """The same of one that the actor just changed, and may not see any more: an administrator may unshare another's."""
    return read_versioned(KIND, ONE.format(sees="true"), saved_id, **_reader(actor))


def saved_searches_json(actor: Actor, skip: int, limit: int) -> bytes:
    """A JSON array of those that the actor sees, by name."""
    return read_json(LIST.format(sees=sees_sql(actor)), skip=skip, limit=limit, **_reader(actor)) or b"[]"


def seen_search(actor: Actor, saved_id: int) -> Any:
    """The row of one that the actor sees, or `NotFound`."""
    return _only(read_rows(ROW.format(sees=sees_sql(actor)), id=saved_id, reader=actor.user_id), saved_id)


def search_with_key(saved_id: int, key_hash: bytes, *, ownerless: bool) -> tuple[Any, Audience]:
    """The row of the one that the feed key belongs to, and what its owner sees. `NotFound` when there is none; one
    without an owner is there where nobody has to sign in (``ownerless``)."""
    row = _only(read_rows(BY_KEY, id=saved_id, hash=key_hash, ownerless=ownerless), saved_id)
    return row, _audience(row.owner_id, row.role)


def feed_id(saved_id: int, created_at: datetime) -> UUID:
    """What the feed of a saved search is called for ever and everywhere, whatever its address is."""
    return uuid5(NAMESPACE_OID, f"saved search {saved_id} {iso_utc(created_at)}")


def audience_of(owner_id: int | None) -> Audience:
    """What the owner of a saved search sees now."""
    if owner_id is None:
        return EVERYTHING
    [row] = read_rows(OWNER, owner_id=owner_id)
    return _audience(owner_id, row.role)


def _audience(owner_id: int | None, role: str | None) -> Audience:
    return EVERYTHING if role is None else Audience.of([ROLES[Role(role)]], owner_id)


def _only(rows: Any, saved_id: int) -> Any:
    if not rows:
        raise NotFound.of(KIND, saved_id)
    return rows[0]


def _reader(actor: Actor) -> dict[str, Any]:
    return {"reader": actor.user_id, "administers": actor.may(Permission.USERS)}
