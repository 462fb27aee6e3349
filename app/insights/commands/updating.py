"""Change many insights at once, for the importer."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import text

from app.core.clock import now
from app.core.db import after_commit, refusing
from app.core.metrics import insights_updated
from app.errors import Refused
from app.extensions import db
from app.insights.commands.tagging import link

COLUMNS = (
    "external_key", "title", "description", "content", "source", "author", "category_id", "priority", "status",
    "visibility", "metadata", "created_at", "updated_at", "published_at",
)  # fmt: skip
# What a change doesn't name is taken from the row itself.
UPDATE = text(f"""
    UPDATE insights i SET ({", ".join(COLUMNS)}) = (
        SELECT {", ".join(f"changed.{name}" for name in COLUMNS)} FROM jsonb_populate_record(i, change.fields) changed)
    FROM jsonb_to_recordset(CAST(:changes AS jsonb)) AS change(id integer, fields jsonb)
    WHERE i.id = change.id""")
UNLINK = text("""
    DELETE FROM insight_tags it
    USING unnest(CAST(:insight_ids AS int[]), CAST(:tag_ids AS int[])) AS gone(insight_id, tag_id)
    WHERE it.insight_id = gone.insight_id AND it.tag_id = gone.tag_id""")
TAKEN = Refused.because_of("external_key", "An insight with one of the external keys already exists.", "duplicate")


@dataclass(frozen=True, slots=True)
class Change:
    """New values for one insight: its columns (``extra`` for the metadata), tags to link and tags to take off."""

    insight_id: int
    fields: Mapping[str, Any]
    new_tags: frozenset[int] = frozenset()
    gone_tags: frozenset[int] = frozenset()


def update_insights(changes: Sequence[Change]) -> None:
    """Write changes in a few statements, however many they are. The caller has locked the insights and knows that each
    change is one: every one of them makes a new version."""
    # The rows first, also when only tags change: it takes the locks in the order that the counts want.
    rows = [{"id": change.insight_id, "fields": _fields(change)} for change in changes]
    with refusing({"uq_insights_external_key": TAKEN}):
        db.session.execute(UPDATE, {"changes": json.dumps(rows, default=str, ensure_ascii=False)})
    gone = [(change.insight_id, tag_id) for change in changes for tag_id in change.gone_tags]
    if gone:
        insight_ids, tag_ids = zip(*gone, strict=True)
        db.session.execute(UNLINK, {"insight_ids": list(insight_ids), "tag_ids": list(tag_ids)})
    link((change.insight_id, tag_id) for change in changes for tag_id in change.new_tags)
    after_commit(lambda: insights_updated.inc(len(changes)))


def _fields(change: Change) -> dict[str, Any]:
    renamed = {"metadata" if name == "extra" else name: value for name, value in change.fields.items()}
    return {"updated_at": now(), **renamed}
