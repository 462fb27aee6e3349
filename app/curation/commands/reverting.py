"""Set insights back to what they were before an act: what the revisions with its receipt say."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any
from uuid import UUID

from sqlalchemy import text

from app.core.clock import now
from app.core.db import after_commit, refusing
from app.core.metrics import insights_deleted, insights_updated
from app.curation.batches import batches
from app.curation.models import CHANGED, DELETED, FORBIDDEN, KEY_TAKEN, TRASHED
from app.extensions import db
from app.identity.acting import current_actor
from app.identity.permissions import Permission
from app.insights.commands.refusals import refusals
from app.insights.commands.trashing import move_to_trash, take_out_of_trash
from app.insights.models import Verb
from app.insights.policy import may_change_sql

TOUCHED = text("SELECT insight_id, verb FROM insight_revisions WHERE receipt_id = :receipt_id ORDER BY insight_id")
LOCK = "SELECT id FROM {table} WHERE id = ANY (CAST(:ids AS int[])) ORDER BY id FOR {strength}"
THERE = "SELECT i.id FROM {table} i WHERE i.id = ANY (CAST(:ids AS int[])) AND {mine}"
TAKEN = """
    SELECT t.id FROM insight_trash t
    WHERE t.id = ANY (CAST(:ids AS int[])) AND EXISTS (
        SELECT FROM insights i WHERE i.external_key = t.external_key OR i.public_id = t.public_id)"""

# What came after the act, newest first, and which act it undid. Asked in a statement of its own, after the locks.
NEWER = """
    SELECT newer.insight_id, newer.receipt_id, CAST(undoing.request->>'receipt_id' AS uuid) AS undoes
    FROM insight_revisions touched
    JOIN insight_revisions newer ON newer.insight_id = touched.insight_id AND newer.number > touched.number
    LEFT JOIN receipts undoing ON undoing.id = newer.receipt_id AND undoing.action = 'undo'
    WHERE touched.receipt_id = :receipt_id AND {touching}
    ORDER BY newer.insight_id, newer.number DESC"""

# What a category or a tag was merged into stands for it; what was deleted has no id any more.
CATEGORY = """coalesce(
    (SELECT c.id FROM categories c WHERE c.id = (r.changes->>'category_id')::integer),
    (SELECT a.category_id FROM category_aliases a WHERE a.former_id = (r.changes->>'category_id')::integer))"""
TAGS = """
    SELECT coalesce(t.id, a.tag_id) AS id, t.id IS NULL AND a.tag_id IS NULL AS deleted
    FROM jsonb_array_elements_text(r.changes->'tags') was(id)
    LEFT JOIN tags t ON t.id = was.id::integer LEFT JOIN tag_aliases a ON a.former_id = was.id::integer"""
LOST = {
    "category_id": f"(r.changes->>'category_id' IS NOT NULL AND {CATEGORY} IS NULL)",
    "tags": f"(r.changes ? 'tags' AND EXISTS (SELECT FROM ({TAGS}) tag WHERE deleted))",
}
# Row by row through the primary key, whatever the planner believes: plans outlive the one row that they were made for.
OLD = """unnest(CAST(:ids AS int[])) AS free(id) CROSS JOIN LATERAL (
      SELECT insight_id, changes FROM insight_revisions
      WHERE insight_id = free.id AND (receipt_id = :receipt_id) IS TRUE ORDER BY number LIMIT 1) r"""
UNREACHABLE = f"SELECT r.insight_id AS id, ({{lost}}) IS TRUE AS lost FROM {OLD} WHERE ({{lost}}) OR ({{withheld}})"

BEFORE = {
    "category_id": CATEGORY,
    "priority": "r.changes->>'priority'",
    "status": "r.changes->>'status'",
    "visibility": "r.changes->>'visibility'",
    "published_at": "(r.changes->>'published_at')::timestamptz",
}
REVERTED = frozenset({*BEFORE, "tags"})
# Where an insight is when it isn't where the act left it.
ELSEWHERE = {"insights": TRASHED, "insight_trash": CHANGED}
# The id of an insight that stays as it is, and the reason.
Left = dict[str, Any]
SET_BACK = f"""
    UPDATE insights i SET {{columns}} updated_at = :now
    FROM {OLD}, (SELECT set_config('insights.undoing', 'on', true)) undoing
    WHERE i.id = r.insight_id"""
DONE = text("SELECT set_config('insights.undoing', 'off', true)")
UNLINK = text(f"""
    DELETE FROM insight_tags link USING {OLD}
    WHERE link.insight_id = r.insight_id AND r.changes ? 'tags' AND link.tag_id NOT IN (SELECT id FROM ({TAGS}) tag)""")
LINK = text(f"""
    INSERT INTO insight_tags (insight_id, tag_id)
    SELECT r.insight_id, tags.id
    FROM {OLD} CROSS JOIN LATERAL (SELECT DISTINCT id FROM ({TAGS}) tag) was JOIN tags ON tags.id = was.id
    WHERE r.changes ? 'tags'
    FOR KEY SHARE OF tags
    ON CONFLICT DO NOTHING""")


def revert_rows(
    receipt_id: UUID,
    touching: frozenset[str] | None = None,
    *,
    as_actor: bool = False,
    but: Collection[int] = frozenset(),
) -> tuple[list[int], list[Left]]:
    """Set the insights that an act changed, trashed or took out of the trash back to what they were before it; the ids
    of those that were, and which were left as they are, and why. The ids ``but`` are passed over.

    Left is what was changed since (in one of the ``touching`` fields, when they are given: then only these go back),
    except by acts that were themselves undone; what lies in the trash since; what had a category or tag that was
    deleted since; and, ``as_actor``, what isn't the actor's to change. The caller has announced an act of its own.
    A few statements, however many rows there are.
    """
    act = _Act(receipt_id, touching, as_actor)
    touched = [row for row in db.session.execute(TOUCHED, {"receipt_id": receipt_id}) if row.insight_id not in but]
    done: list[int] = []
    for verb in sorted({row.verb for row in touched}):
        revert = BY_VERB.get(verb, _set_back)
        done += revert(act, [row.insight_id for row in touched if row.verb == verb])
    return sorted(done), [{"id": insight_id, "reason": act.left[insight_id]} for insight_id in sorted(act.left)]


@dataclass(frozen=True, slots=True)
class _Act:
    """The act that is undone."""

    receipt_id: UUID
    touching: frozenset[str] | None
    as_actor: bool
    left: dict[int, str] = field(default_factory=dict)

    def leave(self, ids: Iterable[int], reason: str) -> None:
        """Note why these stay as they are."""
        self.left.update(dict.fromkeys(ids, reason))

    def run(self, statement: str, **values: object) -> Sequence[Any]:
        """The rows of a statement about the act's revisions."""
        return db.session.execute(text(statement), {"receipt_id": self.receipt_id, **values}).all()

    @property
    def fields(self) -> frozenset[str]:
        """What of an insight goes back."""
        return REVERTED if self.touching is None else REVERTED & self.touching

    @property
    def unreachable(self) -> str:
        """Those whose revision can't go back: something is ``lost``, or a status is not the actor's to give
        (`app.insights.policy.may_give`)."""
        lost = [condition for name, condition in LOST.items() if name in self.fields]
        may_give = not self.as_actor or current_actor().may(Permission.EDIT)
        return UNREACHABLE.format(
            lost=" OR ".join(lost) or "false", withheld="false" if may_give else "r.changes ? 'status'"
        )


def _set_back(act: _Act, ids: list[int]) -> list[int]:
    free = _free(act, ids, "insights", "NO KEY UPDATE")
    hindered = act.run(act.unreachable, ids=list(free))
    act.leave((row.id for row in hindered if row.lost), DELETED)
    act.leave((row.id for row in hindered if not row.lost), FORBIDDEN)
    free -= act.left.keys()
    for part in batches(sorted(free)):
        _write_back(act, {"receipt_id": act.receipt_id, "ids": part})
    after_commit(lambda: insights_updated.inc(len(free)))
    return sorted(free)


def _write_back(act: _Act, told: dict[str, Any]) -> None:
    columns = "".join(
        f"{field} = CASE WHEN r.changes ? '{field}' THEN {before} ELSE i.{field} END, "
        for field, before in BEFORE.items()
        if field in act.fields
    )
    with refusing(refusals({})):
        db.session.execute(text(SET_BACK.format(columns=columns)), {**told, "now": now()})
    db.session.execute(DONE)
    if "tags" in act.fields:
        db.session.execute(UNLINK, told)
        db.session.execute(LINK, told)


def _take_out(act: _Act, ids: list[int]) -> list[int]:
    """Out of the trash again, but for those whose external key or public id another insight has now."""
    free = sorted(_free(act, ids, "insight_trash", "UPDATE"))
    taken = {row.id for row in act.run(TAKEN, ids=free)}
    act.leave(taken, KEY_TAKEN)
    back = [insight_id for insight_id in free if insight_id not in taken]
    for part in batches(back):
        take_out_of_trash(part)
    return back


def _trash_again(act: _Act, ids: list[int]) -> list[int]:
    free = sorted(_free(act, ids, "insights", "UPDATE"))
    for part in batches(free):
        move_to_trash(part)
    after_commit(lambda: insights_deleted.inc(len(free)))
    return free


BY_VERB = {Verb.TRASH: _take_out, Verb.RESTORE: _trash_again}


def _free(act: _Act, ids: list[int], table: str, strength: str) -> set[int]:
    """Those of the insights that are there, locked, and have nothing newer."""
    actor = current_actor()
    held = {row.id for row in act.run(LOCK.format(table=table, strength=strength), ids=ids)}
    mine = f"{actor.audience.sources.sees} AND {may_change_sql(actor)}" if act.as_actor else "true"
    rights = {**actor.audience.parameters, "changer": actor.user_id}
    there = {row.id for row in act.run(THERE.format(table=table, mine=mine), ids=ids, **rights)}
    touching = "true" if act.touching is None else "newer.changes ?| CAST(:touching AS text[])"
    newer = act.run(NEWER.format(touching=touching), touching=sorted(act.touching or ()))
    changed = {key for key, rows in groupby(newer, lambda row: row.insight_id) if not _all_undone(list(rows))}
    act.leave(set(ids) - held, ELSEWHERE[table])
    act.leave(held - there, FORBIDDEN)
    act.leave(there & changed, CHANGED)
    return there - changed


def _all_undone(newer: Iterable[Any]) -> bool:
    """Whether nothing is left of revisions, newest first: each undid an older one of them, or was undone itself."""
    undone: set[UUID] = set()
    for revision in newer:
        if revision.receipt_id in undone:
            undone.remove(revision.receipt_id)
        elif revision.undoes is None:
            return False
        else:
            undone.add(revision.undoes)
    return not undone
