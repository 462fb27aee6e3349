"""Insights are made here, and nowhere else: REST, pages and the importer call these."""

import json
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

import uuid_utils.compat as uuid
from sqlalchemy import text

from app.audit.commands import Entry, act, record_all
from app.core.clock import now
from app.core.db import after_commit, refusing
from app.core.locking import lock
from app.core.metrics import insights_created
from app.errors import Differing, NotFound
from app.extensions import db
from app.identity.acting import current_actor, require
from app.identity.permissions import Visibility
from app.insights import policy
from app.insights.commands.refusals import refusals
from app.insights.commands.tagging import link, wanted_tags
from app.insights.models import Insight, Priority, Status
from app.insights.queries.differing import differing
from app.taxonomy.commands.resolving import hold_categories, require_known, resolve
from app.taxonomy.models import Category, Tag

COLUMNS = (
    "external_key", "title", "description", "content", "source", "author", "category_id", "priority", "status",
    "visibility", "owner_id", "extra", "created_at", "updated_at", "published_at", "public_id",
)  # fmt: skip
STORED_AS = {"extra": "metadata"}
STORED_COLUMNS = tuple(STORED_AS.get(name, name) for name in COLUMNS)
TOLD = ("status", "visibility", "author")
CHANGING = "A draft is its author's and the editors' to change; everything else is the editors'."
PUBLISHING = "Publishing and archiving are the editors': leave the status at draft."
# One parameter, however many rows: drivers and servers need longer to parse a statement that grows with them.
INSERT = text(f"""
    INSERT INTO insights ({", ".join(STORED_COLUMNS)})
    SELECT {", ".join(COLUMNS)}
    FROM ROWS FROM (json_to_recordset(CAST(:rows AS json)) AS (
        external_key text, title text, description text, content text, source text, author text, category_id integer,
        priority text, status text, visibility text, owner_id integer, extra jsonb, created_at timestamptz,
        updated_at timestamptz, published_at timestamptz, public_id uuid)) WITH ORDINALITY,
        (SELECT set_config('insights.act', :act, true)) announced
    ORDER BY ordinality
    RETURNING id, public_id""")


def create_insight(draft: Mapping[str, Any]) -> int:
    """Store one insight (fields of `InsightSchema`) and return its id."""
    return create_insights([draft])[0]


def create_insights(drafts: Sequence[Mapping[str, Any]]) -> list[int]:
    """Store insights in a few statements, however many they are; return their ids in the same order.

    A draft holds the fields of `InsightSchema` and, from an import, also its time stamps and ``public_id``.
    """
    actor = current_actor()
    require(all(policy.may_give(actor, draft) for draft in drafts), PUBLISHING)
    columns = category_ids(drafts)
    tags = wanted_tags(drafts)
    rows = [_row(draft, extra, actor.user_id) for draft, extra in zip(drafts, columns, strict=True)]
    told = {"rows": json.dumps(rows, default=str, ensure_ascii=False), "act": act(message=_message(drafts))}
    with refusing(refusals(rows[0] if len(rows) == 1 else {})):
        stored = db.session.execute(INSERT, told)
    id_of = {row.public_id: row.id for row in stored}
    ids = [id_of[row["public_id"]] for row in rows]
    link((insight_id, tag_id) for insight_id, wanted in zip(ids, tags, strict=True) for tag_id in wanted or ())
    record_all(
        Entry("insight.create", insight_id, row["title"], _told(row)) for insight_id, row in zip(ids, rows, strict=True)
    )
    after_commit(lambda: insights_created.inc(len(ids)))
    return ids


def lock_for_change(
    insight_id: int,
    expected_version: int | None,
    *,
    to_delete: bool = False,
    given: Mapping[str, Any] = MappingProxyType({}),
) -> Insight:
    """The stored insight, locked, and the actor's to change. Raises `NotFound` for what the actor doesn't see,
    `Forbidden` for what it sees but may not change, `Stale` with what others changed and what the ``given`` values
    would."""

    def differs(stored: Insight) -> list[Differing]:
        return differing(current_actor().audience, stored.id, expected_version or 0, given)

    return lock(Insight, insight_id, expected_version, to_delete=to_delete, admit=_admit, differs=differs)


def _admit(stored: Insight) -> None:
    actor = current_actor()
    if not policy.sees(actor, stored):
        raise NotFound.of("Insight", stored.id)
    require(policy.may_change(actor, stored), CHANGING)


def _message(drafts: Sequence[Mapping[str, Any]]) -> str | None:
    """Why, as the writer of a single insight said it."""
    return drafts[0].get("message") if len(drafts) == 1 else None


def _told(row: Mapping[str, Any]) -> dict[str, tuple[Any, Any]]:
    """What the audit log tells of a new insight."""
    return {name: (None, row[name]) for name in TOLD}


def _row(draft: Mapping[str, Any], extra: Mapping[str, Any], owner_id: int | None) -> dict[str, Any]:
    moment = now()
    defaults: dict[str, Any] = {
        "created_at": moment,
        "updated_at": moment,
        "published_at": moment if draft.get("status") == Status.PUBLISHED else None,
        "public_id": uuid.uuid7(),
        "priority": Priority.MEDIUM,
        "status": Status.DRAFT,
        "visibility": Visibility.INTERNAL,
        "owner_id": owner_id,
        "extra": {},
        "content": None,
        "source": None,
        "external_key": None,
        "category_id": None,
    }
    return defaults | {name: draft[name] for name in COLUMNS if name in draft} | dict(extra)


def category_ids(drafts: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """For each draft that gives or names its category, the id; missing categories are made, those that were merged
    away resolve to their targets, and nobody merges or deletes one of them before the transaction ends. Refuses unknown
    tags with unknown categories, so that all are told at once."""
    names = [draft.get("category_name") if draft.get("category_id") is None else None for draft in drafts]
    tags = [name for draft in drafts if draft.get("tag_ids") is None for name in draft.get("tags") or ()]
    require_known({Category: [name for name in names if name], Tag: tags})
    ids = resolve(Category, [name for name in names if name]) if any(names) else {}
    held = hold_categories(draft["category_id"] for draft in drafts if draft.get("category_id") is not None)
    given = [ids[name] if name else draft.get("category_id") for name, draft in zip(names, drafts, strict=True)]
    return [{} if key is None else {"category_id": held.get(key, key)} for key in given]
