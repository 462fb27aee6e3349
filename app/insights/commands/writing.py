"""Insights are made and deleted here, and nowhere else: REST, pages and the importer call these."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import uuid_utils.compat as uuid
from sqlalchemy import delete, text

from app.core.clock import now
from app.core.db import after_commit, refusing
from app.core.locking import lock
from app.core.metrics import insights_created, insights_deleted
from app.extensions import db
from app.insights.commands.refusals import refusals
from app.insights.commands.tagging import link, wanted_tags
from app.insights.models import Insight, Priority, Status, Visibility
from app.taxonomy.commands.resolving import resolve
from app.taxonomy.models import Category

COLUMNS = (
    "external_key", "title", "description", "content", "source", "author", "category_id", "priority", "status",
    "visibility", "extra", "created_at", "updated_at", "published_at", "public_id",
)  # fmt: skip
STORED_AS = {"extra": "metadata"}
STORED_COLUMNS = tuple(STORED_AS.get(name, name) for name in COLUMNS)
# One parameter, however many rows: drivers and servers need longer to parse a statement that grows with them.
INSERT = text(f"""
    INSERT INTO insights ({", ".join(STORED_COLUMNS)})
    SELECT {", ".join(COLUMNS)}
    FROM ROWS FROM (json_to_recordset(CAST(:rows AS json)) AS (
        external_key text, title text, description text, content text, source text, author text, category_id integer,
        priority text, status text, visibility text, extra jsonb, created_at timestamptz, updated_at timestamptz,
        published_at timestamptz, public_id uuid)) WITH ORDINALITY
    ORDER BY ordinality
    RETURNING id, public_id""")


def create_insight(draft: Mapping[str, Any]) -> int:
    """Store one insight (fields of `InsightSchema`) and return its id."""
    return create_insights([draft])[0]


def create_insights(drafts: Sequence[Mapping[str, Any]]) -> list[int]:
    """Store insights in a few statements, however many they are; return their ids in the same order.

    A draft holds the fields of `InsightSchema` and, from an import, also its time stamps and ``public_id``.
    """
    columns = category_ids(drafts)
    tags = wanted_tags(drafts)
    rows = [_row(draft, extra) for draft, extra in zip(drafts, columns, strict=True)]
    with refusing(refusals(rows[0] if len(rows) == 1 else {})):
        stored = db.session.execute(INSERT, {"rows": json.dumps(rows, default=str, ensure_ascii=False)})
    id_of = {row.public_id: row.id for row in stored}
    ids = [id_of[row["public_id"]] for row in rows]
    link((insight_id, tag_id) for insight_id, wanted in zip(ids, tags, strict=True) for tag_id in wanted or ())
    after_commit(lambda: insights_created.inc(len(ids)))
    return ids


def delete_insight(insight_id: int, expected_version: int | None = None) -> None:
    """Delete an insight and its links."""
    lock(Insight, insight_id, expected_version, to_delete=True)
    db.session.execute(delete(Insight).where(Insight.id == insight_id))
    after_commit(insights_deleted.inc)


def _row(draft: Mapping[str, Any], extra: Mapping[str, Any]) -> dict[str, Any]:
    moment = now()
    defaults: dict[str, Any] = {
        "created_at": moment,
        "updated_at": moment,
        "published_at": moment if draft.get("status") == Status.PUBLISHED else None,
        "public_id": uuid.uuid7(),
        "priority": Priority.MEDIUM,
        "status": Status.DRAFT,
        "visibility": Visibility.INTERNAL,
        "extra": {},
        "content": None,
        "source": None,
        "external_key": None,
        "category_id": None,
    }
    return defaults | {name: draft[name] for name in COLUMNS if name in draft} | dict(extra)


def category_ids(drafts: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """For each draft that names its category and gives no id, the id; missing categories are made."""
    named = {
        place: draft["category_name"]
        for place, draft in enumerate(drafts)
        if draft.get("category_name") and draft.get("category_id") is None
    }
    ids = resolve(Category, list(named.values())) if named else {}
    return [{"category_id": ids[named[place]]} if place in named else {} for place in range(len(drafts))]
