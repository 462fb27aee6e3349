"""From a credential to its actor: one statement, remembered for a moment.

The statement also notes, once a minute, that the credential was used. It runs in autocommit like any read.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from threading import Lock
from typing import Any
from uuid import UUID

from cachetools import TTLCache

from app.core.db import read_rows
from app.identity.actor import Actor, Kind, known_actor
from app.identity.naming import called
from app.identity.permissions import Role
from app.identity.secrets import hashed

# How long a revoked credential may still be taken for good by another process; below the promised five seconds.
REMEMBERED_SECONDS = 4.0
MOST_REMEMBERED = 10_000

# With the user whose credential was `used`.
SEEN = "seen AS (UPDATE users SET last_seen_at = now() WHERE id IN (SELECT user_id FROM used))"

OF_TOKEN = f"""
WITH shown AS (
  SELECT t.id, t.user_id, t.role AS token_role, t.scopes, t.last_used_at, u.kind, u.role,
         {called("u")} AS name
  FROM api_tokens t JOIN users u ON u.id = t.user_id
  WHERE t.token_hash = :hash AND t.revoked_at IS NULL AND (t.expires_at IS NULL OR t.expires_at > now())
    AND u.disabled_at IS NULL),
used AS (
  UPDATE api_tokens SET last_used_at = now()
  WHERE id = (SELECT id FROM shown WHERE last_used_at IS NULL OR last_used_at < now() - interval '1 minute')
  RETURNING user_id),
{SEEN}
SELECT * FROM shown"""

# A session's former secret is good until the new one was shown, which its answer may not have brought, and a minute
# longer, for requests that were under way; later it is stolen.
OF_SESSION = f"""
WITH shown AS (
  SELECT s.id, s.user_id, s.last_seen_at, s.expires_at, u.role, {called("u")} AS name, u.name AS own_name,
         s.token_hash <> :hash AND coalesce(s.confirmed_at < now() - interval '1 minute', false) AS stolen,
         s.rotated_at < now() - interval '1 hour' AND (s.token_hash = :hash OR s.confirmed_at IS NULL) AS due,
         s.token_hash = :hash AND s.confirmed_at IS NULL AS confirms
  FROM sessions s JOIN users u ON u.id = s.user_id
  WHERE (s.token_hash = :hash OR s.previous_hash = :hash) AND s.expires_at > now()
    AND s.last_seen_at > now() - make_interval(hours => :idle_hours) AND u.disabled_at IS NULL),
used AS (
  UPDATE sessions s SET last_seen_at = now(), confirmed_at = CASE WHEN confirms THEN now() ELSE s.confirmed_at END
  FROM shown
  WHERE s.id = shown.id AND NOT stolen AND (confirms OR shown.last_seen_at < now() - interval '1 minute')
  RETURNING s.user_id),
{SEEN}
SELECT * FROM shown"""


OF_PERSON = f"""
SELECT {called("u")} AS name, u.role FROM users u
WHERE u.id = :id AND u.kind = 'person' AND u.disabled_at IS NULL"""


@dataclass(frozen=True, slots=True)
class SignedInCaller:
    """A session's person. ``due``: its secret is to be rotated; ``stolen``: somebody showed one that was replaced."""

    actor: Actor
    session_id: UUID
    expires_at: datetime
    due: bool
    stolen: bool


_remembered: TTLCache[tuple[str, bytes], Any] = TTLCache(MOST_REMEMBERED, REMEMBERED_SECONDS)
_lock = Lock()


def token_actor(token: str) -> Actor | None:
    """Whose API token it is; None for one that is unknown, expired or revoked."""
    found: Actor | None = remembered("token", hashed(token), _actor_of_token)
    return found


def session_caller(secret: str, idle_hours: int) -> SignedInCaller | None:
    """Whose session it is; None for one that is unknown, ended, expired, or was idle for too long."""
    found: SignedInCaller | None = remembered(
        "session", hashed(secret), lambda key: _caller_of_session(key, idle_hours)
    )
    return found


def person_actor(user_id: int) -> Actor | None:
    """A person who is not here just now, for what was asked for earlier; None for one who may not sign in any more."""
    rows = read_rows(OF_PERSON, id=user_id)
    return known_actor(Kind.PERSON, rows[0].name, user_id, [Role(rows[0].role)]) if rows else None


def remembered(kind: str, key: bytes, find: Callable[[bytes], Any]) -> Any:
    """What was found for the key a moment ago, else what is found now; nothing found is not remembered.

    The ``kind`` of credential belongs to the key: a session's secret shown as a token is none.
    """
    with _lock:
        known = _remembered.get((kind, key))
    if known is None and (known := find(key)) is not None:
        with _lock:
            _remembered[kind, key] = known
    return known


def forget_callers() -> None:
    """Look every credential up again: called when one was revoked, or when what its holder may do has changed."""
    with _lock:
        _remembered.clear()


def _actor_of_token(key: bytes) -> Actor | None:
    rows = read_rows(OF_TOKEN, hash=key)
    if not rows:
        return None
    row = rows[0]
    roles = [Role(role) for role in (row.role, row.token_role) if role]
    return known_actor(Kind(row.kind), row.name, row.user_id, roles, row.scopes, f"token:{row.id}")


def _caller_of_session(key: bytes, idle_hours: int) -> SignedInCaller | None:
    rows = read_rows(OF_SESSION, hash=key, idle_hours=idle_hours)
    if not rows:
        return None
    row = rows[0]
    roles, credential = [Role(row.role)], f"session:{row.id}"
    actor = known_actor(Kind.PERSON, row.name, row.user_id, roles, credential=credential, own_name=row.own_name)
    return SignedInCaller(actor, row.id, row.expires_at, row.due, row.stolen)
