"""Insights are changed here, and nowhere else: one for REST and pages, many for the importer."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import text

from app.audit.commands import Entry, act, record_all
from app.core.clock import now
from app.core.db import after_commit, refusing
from app.core.metrics import insights_updated
from app.extensions import db
from app.identity.acting import current_actor, require
from app.insights import policy
from app.insights.commands.refusals import refusals
from app.insights.commands.tagging import existing_tags, link, tags_of, unlink, wanted_tags
from app.insights.commands.writing import COLUMNS, PUBLISHING, STORED_AS, STORED_COLUMNS, category_ids, lock_for_change
from app.insights.history import same
from app.insights.models import Verb

CHANGEABLE = tuple(name for name in STORED_COLUMNS if name != "public_id")
# What a change doesn't name is taken from the row itself. The list is json: jsonb ends at 256 MB for all rows together.
UPDATE = text(f"""
    UPDATE insights i SET ({", ".join(CHANGEABLE)}) = (
        SELECT {", ".join(f"changed.{name}" for name in CHANGEABLE)}
        FROM jsonb_populate_record(i, change.fields) changed)
    FROM json_to_recordset(CAST(:changes AS json)) AS change(id integer, fields jsonb),
        (SELECT set_config('insights.act', :act, true)) announced
    WHERE i.id = change.id""")


@dataclass(frozen=True, slots=True)
class Change:
    """New values for one insight: its columns (``extra`` for the metadata) and what they were before, tags to link and
    tags to take off."""

    insight_id: int
    title: str
    fields: Mapping[str, Any]
    before: Mapping[str, Any]
    new_tags: frozenset[int] = frozenset()
    gone_tags: frozenset[int] = frozenset()


def update_insight(insight_id: int, changes: Mapping[str, Any], expected_version: int | None = None) -> bool:
    """Change the given fields, tags included; False when everything was so already and nothing was written."""
    stored = lock_for_change(insight_id, expected_version, given=changes)
    require(policy.may_give(current_actor(), changes), PUBLISHING)
    [category] = category_ids([changes])
    [wanted] = wanted_tags([changes])
    current = tags_of(insight_id)
    desired = current if wanted is None else existing_tags(wanted)
    change = difference(stored, {**changes, **category}, current, desired)
    if change is None:
        return False
    update_insights([change], changes.get("message"))
    return True


def difference(
    stored: Any, given: Mapping[str, Any], current: frozenset[int], desired: frozenset[int]
) -> Change | None:
    """Where the given values and tags differ from the stored ones; None: nowhere."""
    named = {name: given[name] for name in COLUMNS if name in given}
    fields = {name: value for name, value in named.items() if not same(getattr(stored, name), value)}
    if not fields and desired == current:
        return None
    before = {name: getattr(stored, name) for name in fields}
    return Change(stored.id, stored.title, fields, before, desired - current, current - desired)


def update_insights(changes: Sequence[Change], message: str | None = None, verb: Verb | None = None) -> None:
    """Write changes in a few statements, however many they are. The caller has locked the insights and knows that each
    change is one: every one of them makes a new version and a revision with the message."""
    # The rows first, also when only tags change: it takes the locks in the order that the counts want.
    rows = [{"id": change.insight_id, "fields": _fields(change)} for change in changes]
    with refusing(refusals(changes[0].fields if len(changes) == 1 else {})):
        told = {"changes": json.dumps(rows, default=str, ensure_ascii=False), "act": act(message=message, verb=verb)}
        db.session.execute(UPDATE, told)
    unlink((change.insight_id, tag_id) for change in changes for tag_id in change.gone_tags)
    link((change.insight_id, tag_id) for change in changes for tag_id in change.new_tags)
    done = f"insight.{verb or Verb.UPDATE}"
    record_all(Entry(done, change.insight_id, change.title, _diff(change)) for change in changes)
    after_commit(lambda: insights_updated.inc(len(changes)))


def _diff(change: Change) -> dict[str, tuple[Any, Any]]:
    """Field by field; tags by their ids."""
    diff = {STORED_AS.get(name, name): (value, change.fields[name]) for name, value in change.before.items()}
    tags = {"tags_added": ([], sorted(change.new_tags)), "tags_removed": (sorted(change.gone_tags), [])}
    return {**diff, **{name: pair for name, pair in tags.items() if any(pair)}}


def _fields(change: Change) -> dict[str, Any]:
    return {"updated_at": now(), **{STORED_AS.get(name, name): value for name, value in change.fields.items()}}
