"""One act on many insights: what it would do, and doing it, in a few statements however many they are."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

from sqlalchemy import text

from app.audit.commands import record, told
from app.core.clock import now
from app.core.db import after_commit
from app.core.metrics import insights_deleted, insights_updated
from app.curation.batches import batches
from app.curation.commands.receipts import close_receipt, open_receipt
from app.curation.commands.references import Given, given, hold, make_missing
from app.curation.models import FORBIDDEN, Action
from app.curation.queries.targets import Sorted, Target, sort_out
from app.extensions import db
from app.identity.acting import current_actor, require
from app.identity.permissions import Permission
from app.insights.commands.tagging import link, unlink
from app.insights.commands.trashing import move_to_trash
from app.insights.policy import may_change_sql

MOST_LISTED = 10_000
NOT_FOUND = "not found"
PUBLISHING = "Publishing and archiving are the editors'."
LOCK = """
WITH {found} SELECT i.id FROM insights i WHERE i.id IN (SELECT id FROM found) AND {mine}
ORDER BY i.id FOR {strength} OF i"""
# The rows also when only tags change: it raises their versions, and the revision is there that takes the tags up.
UPDATE = "UPDATE insights SET {column} updated_at = :now WHERE id = ANY (CAST(:ids AS int[]))"


@dataclass(frozen=True, slots=True)
class Effect:
    """What an action does to an insight ``i``: when it changes it, and what to. Its values have names of their own, as
    they are bound beside a filter's."""

    differs: str
    column: str = ""


EFFECTS = {
    Action.TAG: Effect(
        "(SELECT count(*) FROM insight_tags link WHERE link.insight_id = i.id"
        " AND link.tag_id = ANY (CAST(:act_tag_ids AS int[]))) < cardinality(CAST(:act_tag_ids AS int[]))"
    ),
    Action.UNTAG: Effect(
        "EXISTS (SELECT FROM insight_tags link WHERE link.insight_id = i.id"
        " AND link.tag_id = ANY (CAST(:act_tag_ids AS int[])))"
    ),
    Action.RECATEGORISE: Effect(
        "i.category_id IS DISTINCT FROM CAST(:act_category_id AS integer)",
        "category_id = CAST(:act_category_id AS integer),",
    ),
    Action.SET_PRIORITY: Effect("i.priority <> :act_priority", "priority = :act_priority,"),
    Action.PUBLISH: Effect("i.status <> 'published'", "status = 'published',"),
    Action.ARCHIVE: Effect("i.status <> 'archived'", "status = 'archived',"),
    Action.TRASH: Effect("true"),
}
LINKING = {Action.TAG: link, Action.UNTAG: unlink}


def preview(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """What `change_many` would do with the same arguments. Writes nothing."""
    action = _allowed(arguments)
    gives = hold(given(arguments))
    target = Target.of(arguments, current_actor())
    found = _sorted(target, action, gives)
    figures = {**_figures(found), **_understood(target)}
    would_make = list(gives.unmade) if found.changing else []
    return {"preview": True, "would_change": figures.pop("changed"), **figures, "would_make": would_make}


def change_many(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Do one thing (`BulkSchema`) to many insights; what became of it, and the receipt: None when nothing was changed.

    Only rows that differ are written; each gets one revision, with the receipt and the message. Raises `Forbidden` for
    an action that is not the actor's, `Refused` for a tag or category that doesn't exist; single insights that aren't
    the actor's to change are left out, and listed.
    """
    action = _allowed(arguments)
    gives = given(arguments)
    target = Target.of(arguments, current_actor())
    held = _lock(target, to_delete=action is Action.TRASH)
    gives = hold(gives)
    found = _sorted(target, action, gives, held)
    if found.changing and gives.unmade:
        gives = hold(make_missing(gives))
        found = _sorted(target, action, gives, held)
    if not found.changing:
        return {"receipt_id": None, **_figures(found), **_understood(target)}
    request = {name: value for name, value in arguments.items() if name not in ("preview", "message")}
    receipt_id = open_receipt(action, request, arguments.get("message"))
    for ids in batches(found.changing):
        _apply(action, ids, gives)
    figures = {**_figures(found), **_understood(target)}
    close_receipt(receipt_id, {**figures, "insights": found.changing})
    record("insight.bulk", receipt_id, action, told({"action": action, "changed": len(found.changing)}))
    return {"receipt_id": receipt_id, **figures}


def _understood(target: Target) -> dict[str, str]:
    return {"corrected_query": target.corrected} if target.corrected else {}


def _sorted(target: Target, action: Action, gives: Given, held: Sequence[int] | None = None) -> Sorted:
    """What is to be made yet, nothing has."""
    differs = "true" if gives.unmade else EFFECTS[action].differs
    return sort_out(target, differs, gives.parameters, held)


def _allowed(arguments: Mapping[str, Any]) -> Action:
    action = Action(arguments["action"])
    if action in (Action.PUBLISH, Action.ARCHIVE):
        require(current_actor().may(Permission.EDIT), PUBLISHING)
    return action


def _lock(target: Target, *, to_delete: bool) -> Sequence[int]:
    """Those of the target's insights that are the actor's to change, locked in the order of their ids."""
    actor = current_actor()
    statement = LOCK.format(
        found=target.found,
        mine=may_change_sql(actor),
        strength="UPDATE" if to_delete else "NO KEY UPDATE",
    )
    return db.session.scalars(text(statement), target.parameters(actor)).all()


def _apply(action: Action, ids: list[int], gives: Given) -> None:
    if action is Action.TRASH:
        move_to_trash(ids)
        after_commit(lambda: insights_deleted.inc(len(ids)))
        return
    statement = UPDATE.format(column=EFFECTS[action].column)
    db.session.execute(text(statement), {**gives.parameters, "ids": ids, "now": now()})
    if action in LINKING:
        LINKING[action](product(ids, gives.tag_ids))
    after_commit(lambda: insights_updated.inc(len(ids)))


def _figures(found: Sorted) -> dict[str, Any]:
    """The answer's figures; of very many that a filter found and the actor may not change, the first are listed."""
    skipped = sorted(
        [(insight_id, NOT_FOUND) for insight_id in found.unknown]
        + [(insight_id, FORBIDDEN) for insight_id in found.forbidden[:MOST_LISTED]]
    )
    return {
        "matched": found.matched,
        "changed": len(found.changing),
        "unchanged": len(found.unchanged),
        "skipped": [{"id": insight_id, "reason": reason} for insight_id, reason in skipped],
    }
