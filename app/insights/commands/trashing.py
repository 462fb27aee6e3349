"""Insights go into the trash, come back and leave it for good here, and nowhere else."""

import json
from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import String, delete, literal, or_, select, text

from app.audit.commands import Entry, announce, record, record_all
from app.audit.origin import current_origin
from app.core.clock import now
from app.core.db import after_commit, refusing
from app.core.locking import lock
from app.core.metrics import insights_deleted
from app.errors import DomainError, NotFound, Refused, Unavailable
from app.extensions import db
from app.identity.acting import current_actor, require
from app.insights import policy
from app.insights.commands.tagging import link
from app.insights.commands.writing import CHANGING, STORED_COLUMNS, TOLD, lock_for_change
from app.insights.models import Insight, TrashedInsight

KEPT = ", ".join(STORED_COLUMNS)
MOVE = text(f"""
    WITH moved AS (
      INSERT INTO insight_trash (id, version, {KEPT}, tag_ids, trashed_by)
      SELECT id, version, {KEPT}, ARRAY (SELECT tag_id FROM insight_tags WHERE insight_id = i.id ORDER BY tag_id),
          :trashed_by
      FROM insights i WHERE id = ANY (CAST(:ids AS int[]))
      RETURNING id)
    DELETE FROM insights WHERE id IN (SELECT id FROM moved)""")
# What its category and tags were merged into meanwhile takes their place; what was deleted is missing.
# Whoever follows the changes by their time learns that it is back.
BACK = ", ".join(name for name in STORED_COLUMNS if name not in ("category_id", "owner_id", "updated_at"))
MOVE_BACK = text(f"""
    WITH gone AS (DELETE FROM insight_trash WHERE id = ANY (CAST(:ids AS int[])) RETURNING *),
    back AS (
      INSERT INTO insights (id, version, {BACK}, updated_at, owner_id, category_id)
      SELECT id, version + 1, {BACK}, :now, (SELECT u.id FROM users u WHERE u.id = gone.owner_id),
          coalesce((SELECT c.id FROM categories c WHERE c.id = gone.category_id),
                   (SELECT a.category_id FROM category_aliases a WHERE a.former_id = gone.category_id))
      FROM gone RETURNING id, category_id, owner_id)
    SELECT gone.id, gone.tag_ids, gone.category_id AS old_category_id, back.category_id,
        gone.owner_id AS old_owner_id, back.owner_id,
        ARRAY (SELECT t.id FROM tags t WHERE t.id = ANY (gone.tag_ids) UNION
               SELECT a.tag_id FROM tag_aliases a WHERE a.former_id = ANY (gone.tag_ids)) AS found_tag_ids
    FROM gone JOIN back USING (id) ORDER BY gone.id""")
# The newest revision is the one of the restoring.
TELL_MISSING = text("""
    UPDATE insight_revisions r SET changes = told.changes
    FROM json_to_recordset(CAST(:missing AS json)) AS told(id integer, changes jsonb)
    WHERE r.insight_id = told.id
      AND r.number = (SELECT max(number) FROM insight_revisions WHERE insight_id = told.id)""")

# What one act moved into the trash is due at one moment, however much it was: a statement may take seconds only.
PURGED_AT_ONCE = 10_000
# Materialised: a subquery of IN may be run again for each row, and then its limit bounds nothing.
PURGE = text("""
    WITH due AS MATERIALIZED (
      SELECT id FROM insight_trash WHERE trashed_at <= now() - make_interval(days => :days)
      ORDER BY id LIMIT :most FOR UPDATE)
    DELETE FROM insight_trash t USING due WHERE t.id = due.id
    RETURNING t.id, t.title""")


def delete_insight(insight_id: int, expected_version: int | None = None, message: str | None = None) -> None:
    """Move an insight into the trash."""
    stored = lock_for_change(insight_id, expected_version, to_delete=True)
    announce(message=message)
    move_to_trash([insight_id])
    record("insight.delete", insight_id, stored.title, {name: (getattr(stored, name), None) for name in TOLD})
    after_commit(insights_deleted.inc)


def move_to_trash(ids: Sequence[int]) -> None:
    """Move insights that the caller has locked, for an act that it has announced."""
    db.session.execute(MOVE, {"ids": list(ids), "trashed_by": current_origin().actor_name[:300]})


def restore_insight(insight_id: int, expected_version: int | None = None, message: str | None = None) -> None:
    """Take an insight out of the trash, as it was. `Refused` when another one has its external key or its public id
    now; by name, when the actor sees that one."""
    stored = _lock_trashed(insight_id, expected_version, _admit)
    _refuse_taken(stored)
    announce(message=message)
    take_out_of_trash([insight_id])
    record("insight.restore", insight_id, stored.title, {name: (None, getattr(stored, name)) for name in TOLD})


def take_out_of_trash(ids: Sequence[int]) -> None:
    """Bring insights back that the caller has locked. `Refused` when another insight has a key of one of them now,
    `Unavailable` when a category of theirs goes at the same moment."""
    with refusing(LOST_RACES):
        rows = db.session.execute(MOVE_BACK, {"ids": list(ids), "now": now()}).all()
    link((row.id, tag_id) for row in rows for tag_id in row.found_tag_ids)
    if missing := [{"id": row.id, "changes": lost} for row in rows if (lost := _missing(row))]:
        db.session.execute(TELL_MISSING, {"missing": json.dumps(missing)})


LOST_RACES: dict[str, DomainError] = {
    "fk_insights_category_id": Unavailable("A category is being merged or deleted just now."),
    "uq_insights_external_key": Unavailable("Another insight was given the same external key just now."),
    "uq_insights_public_id": Unavailable("Another insight with the same public id was imported just now."),
}


def _refuse_taken(trashed: TrashedInsight) -> None:
    """Another insight may have the key that this one had, or its public id when it was imported anew."""
    same_key = literal(trashed.external_key, String) == Insight.external_key
    same = or_(same_key, Insight.public_id == trashed.public_id)
    holder = db.session.scalars(select(Insight).where(same).order_by(Insight.id).limit(1)).one_or_none()
    if holder is None:
        return
    whose = f"insight {holder.id}'s" if policy.sees(current_actor(), holder) else "another insight's"
    if trashed.external_key is not None and trashed.external_key == holder.external_key:
        raise Refused(f"Its external key {trashed.external_key!r} is {whose} by now: change that one's first.")
    raise Refused(f"Its public id {trashed.public_id} is {whose} by now: delete that one first.")


def _missing(row: Any) -> dict[str, Any]:
    """What the insight had in the trash and could not get back, as a revision tells it."""
    category = {} if row.category_id == row.old_category_id else {"category_id": row.old_category_id}
    owner = {} if row.owner_id == row.old_owner_id else {"owner_id": row.old_owner_id}
    return category | owner | ({} if set(row.found_tag_ids) == set(row.tag_ids) else {"tags": row.tag_ids})


def purge_insight(insight_id: int, expected_version: int | None = None) -> None:
    """Delete an insight in the trash for good, and its history with it."""
    stored = _lock_trashed(insight_id, expected_version)
    db.session.execute(delete(TrashedInsight).where(TrashedInsight.id == insight_id))
    record("insight.purge", insight_id, stored.title)


def purge_trash(older_than_days: int = 0) -> int:
    """Delete for good what was moved into the trash so many days ago or longer; how many those were."""
    number = 0
    while gone := db.session.execute(PURGE, {"days": older_than_days, "most": PURGED_AT_ONCE}).all():
        record_all(Entry("insight.purge", row.id, row.title) for row in gone)
        number += len(gone)
    return number


def _lock_trashed(
    insight_id: int, expected_version: int | None, admit: Callable[[TrashedInsight], object] = lambda _: None
) -> TrashedInsight:
    try:
        return lock(TrashedInsight, insight_id, expected_version, admit=admit, name="Insight")
    except NotFound:
        raise NotFound(f"Insight {insight_id} is not in the trash.") from None


def _admit(stored: TrashedInsight) -> None:
    actor = current_actor()
    if not policy.sees(actor, stored):
        raise NotFound.of("Insight", stored.id)
    require(policy.may_change(actor, stored), CHANGING)
