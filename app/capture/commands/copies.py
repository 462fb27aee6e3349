"""Working copies: what is typed is kept here on every pause, and dropped when it is saved."""

import json
from collections.abc import Mapping
from typing import Any
from uuid import UUID, uuid5

from sqlalchemy import text

from app.capture.policy import keeps_copies
from app.capture.queries.copies import saved_as
from app.capture.typed import Texts, differing, texts_of
from app.core.clock import iso_utc, now
from app.errors import NotFound, Refused
from app.extensions import db
from app.identity.acting import current_actor, require
from app.insights.queries.item import insight_json

MOST_COPIES = 200
DAYS_KEPT = 90
NOBODYS = "Only somebody with an account can keep what is not saved yet."
TOO_MANY = f"You have {MOST_COPIES} unsaved texts already, or this one is somebody else's: save or discard some first."
# What fills itself in says nothing of what somebody wrote.
WRITTEN = ("title", "description", "content", "source", "tags")
LOCK = text("SELECT pg_advisory_xact_lock(hashtext('working_copies'), coalesce(CAST(:owner AS integer), 0))")
MINE = "owner_id IS NOT DISTINCT FROM CAST(:owner AS integer)"
# The last writer wins: another copy of the same insight gives way.
OTHERS = text(f"DELETE FROM working_copies WHERE insight_id = :insight_id AND id <> :id AND {MINE}")
KEEP = text(f"""
    INSERT INTO working_copies AS c (id, owner_id, insight_id, base_version, fields, updated_at)
    SELECT :id, :owner, :insight_id, :base_version, CAST(:fields AS jsonb), :at
    WHERE (SELECT count(*) FROM working_copies WHERE id <> :id AND {MINE}) < {MOST_COPIES}
    ON CONFLICT (id) DO UPDATE
    SET insight_id = excluded.insight_id, base_version = excluded.base_version, fields = excluded.fields,
        updated_at = excluded.updated_at
    WHERE c.owner_id IS NOT DISTINCT FROM excluded.owner_id
    RETURNING id""")
DROP = text(f"DELETE FROM working_copies WHERE (id = :id OR insight_id = :insight_id) AND {MINE} RETURNING insight_id")
EXPIRE = text(f"DELETE FROM working_copies WHERE updated_at < now() - interval '{DAYS_KEPT} days'")


def keep_copy(copy_id: UUID, given: Mapping[str, Any]) -> str:
    """Keep what was typed (fields of `CopySchema`) under the id that the browser chose; return the moment.

    What says nothing that isn't stored is not kept: the last words of a browser may come after they were saved.
    """
    actor, moment = current_actor(), now()
    require(keeps_copies(actor), NOBODYS)
    owner = {"owner": actor.user_id}
    one_at_a_time()
    insight_id = given["insight_id"]
    if not _says_more(copy_id, insight_id, given["texts"]):
        drop_copy(copy_id)
        return iso_utc(moment)
    if insight_id is not None:
        db.session.execute(OTHERS, {"id": copy_id, "insight_id": insight_id, **owner})
    version, fields = given["base_version"], json.dumps(given["texts"])
    values = {"insight_id": insight_id, "base_version": version, "fields": fields, "id": copy_id, "at": moment}
    if db.session.execute(KEEP, {**values, **owner}).one_or_none() is None:
        raise Refused(TOO_MANY)
    return iso_utc(moment)


def one_at_a_time() -> None:
    """Until the transaction ends nothing else is kept or saved for the actor: what is sent twice at the same moment
    comes one after the other."""
    db.session.execute(LOCK, {"owner": current_actor().user_id})


def drop_copy(copy_id: UUID, insight_id: int | None = None) -> int | None:
    """Forget one of the actor's copies, and the one of the insight; return the insight that it was of, if any. When
    there is none, nothing happens."""
    of = {"id": copy_id, "insight_id": insight_id, "owner": current_actor().user_id}
    return next(iter(db.session.scalars(DROP, of)), None)


def drop_old_copies() -> int:
    """Forget what nobody touched for 90 days; return how many that were."""
    return db.session.execute(EXPIRE).rowcount  # type: ignore[attr-defined,no-any-return]


def public_id_of(copy_id: UUID) -> UUID:
    """The public id of what is saved from a copy: what is sent twice makes one insight. It is the owner's own, so that
    nobody can take it beforehand."""
    return uuid5(copy_id, f"insight of {current_actor().user_id}")


def _says_more(copy_id: UUID, insight_id: int | None, fields: Texts) -> bool:
    """Whether the fields hold what no insight has."""
    if insight_id is None:
        _, insight_id = saved_as(public_id_of(copy_id))
    if insight_id is None:
        return any(fields.get(name, "").strip() for name in WRITTEN)
    try:
        stored = json.loads(insight_json(current_actor().audience, insight_id).body)
    except NotFound:
        return True
    return bool(differing(fields, texts_of(stored)))
