"""Searches are saved, changed and deleted here, and the keys of their feeds are made."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import delete, insert, update

from app.audit.commands import changed, record, told
from app.core.clock import now
from app.core.db import refusing
from app.core.locking import lock, otherwise
from app.errors import DomainError, Forbidden, NotFound, Refused
from app.extensions import db
from app.identity.acting import current_actor, require
from app.identity.secrets import TOKEN_PREFIX, hashed, new_secret
from app.search.language.parser import parse
from app.search.models import SavedSearch
from app.search.policy import may_change, owns, sees, sees_all_of
from app.search.queries.saved import KIND, audience_of

# Kept out of logs like every secret that begins so.
FEED_PREFIX = f"{TOKEN_PREFIX}feed_"
NOT_YOURS = "A saved search is changed by its owner and by administrators."
KEY_OF_ANOTHER = "The key of a feed is made by the search's owner: it shows what the owner sees."
SEES_LESS = "These credentials see less than the search's owner, whose insights the key would open."


def save_search(values: Mapping[str, Any]) -> int:
    """Store a search (fields of `SavedSearchSchema`) as the actor's and return its id. `Invalid` for a query that
    doesn't parse."""
    parse(values["query"], now())
    owned = {**values, "owner_id": current_actor().user_id}
    with refusing(_duplicate(values.get("name"))):
        saved_id = int(db.session.execute(insert(SavedSearch).values(**owned).returning(SavedSearch.id)).scalar_one())
    record("saved_search.create", saved_id, values["name"], told(values))
    return saved_id


def update_saved_search(saved_id: int, changes: Mapping[str, Any], expected_version: int | None = None) -> None:
    """Change the given fields. When nothing differs, nothing is written."""
    if "query" in changes:
        parse(changes["query"], now())
    stored = lock(SavedSearch, saved_id, expected_version, admit=_admit_changer, name=KIND, differs=otherwise(changes))
    differing = changed(stored, changes)
    if differing:
        with refusing(_duplicate(changes.get("name"))):
            db.session.execute(update(SavedSearch).where(SavedSearch.id == saved_id).values(**changes))
        record("saved_search.update", saved_id, stored.name, differing)


def delete_saved_search(saved_id: int, expected_version: int | None = None) -> None:
    """Delete a saved search, and with it its feed."""
    stored = lock(SavedSearch, saved_id, expected_version, to_delete=True, admit=_admit_changer, name=KIND)
    db.session.execute(delete(SavedSearch).where(SavedSearch.id == saved_id))
    record("saved_search.delete", saved_id, stored.name)


def make_feed_key(saved_id: int) -> str:
    """A new key of the feed, for its owner; the one before opens nothing any more. Only its hash is stored."""
    stored = lock(SavedSearch, saved_id, None, admit=_admit_owner, name=KIND)
    require(sees_all_of(current_actor(), audience_of(stored.owner_id)), SEES_LESS)
    key = new_secret(FEED_PREFIX)
    _keep(saved_id, hashed(key))
    record("saved_search.make_feed_key", saved_id, stored.name)
    return key


def revoke_feed_key(saved_id: int, expected_version: int | None = None) -> None:
    """Let the feed's key open nothing any more. When there is none, nothing is written."""
    stored = lock(SavedSearch, saved_id, expected_version, admit=_admit_changer, name=KIND)
    if stored.feed_key_hash is not None:
        _keep(saved_id, None)
        record("saved_search.revoke_feed_key", saved_id, stored.name)


def _keep(saved_id: int, key_hash: bytes | None) -> None:
    db.session.execute(update(SavedSearch).where(SavedSearch.id == saved_id).values(feed_key_hash=key_hash))


def _admit_changer(stored: SavedSearch) -> None:
    _admit(stored, may_change(current_actor(), stored), NOT_YOURS)


def _admit_owner(stored: SavedSearch) -> None:
    _admit(stored, owns(current_actor(), stored), KEY_OF_ANOTHER)


def _admit(stored: SavedSearch, allowed: bool, refusal: str) -> None:
    """What isn't seen is not there."""
    if not sees(current_actor(), stored):
        raise NotFound.of(KIND, stored.id)
    if not allowed:
        raise Forbidden(refusal)


def _duplicate(name: object) -> dict[str, DomainError]:
    refusal = f"You have a saved search named {name!r} already."
    return {"uq_saved_searches_name": Refused.because_of("name", refusal, "duplicate")}
