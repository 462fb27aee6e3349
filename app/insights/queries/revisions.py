"""The history of an insight, as those who see the insight may read it: one statement, however long it is; earlier
states are then worked out here.

A revision is seen by whom its own state (visibility, status and owner of that time) let in. What a seen revision
replaced is withheld when that state isn't seen.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from app.core.db import read_rows
from app.errors import NotFound
from app.identity.actor import Actor, Kind
from app.identity.audience import Audience, Sources
from app.insights.history import FIELDS, LONG_TEXTS, Difference, State, differences, states
from app.insights.unified import unified_diff

# What decides who sees a state.
DECIDING = ("visibility", "status", "owner_id")
OTHERS = [field for field in FIELDS if field not in DECIDING]
# An insight ``i`` as a state (`app.insights.history`).
STATE = """json_build_object(
    'title', i.title, 'description', i.description, 'content', i.content, 'source', i.source, 'author', i.author,
    'category_id', i.category_id, 'priority', i.priority, 'status', i.status, 'visibility', i.visibility,
    'owner_id', i.owner_id, 'metadata', i.metadata, 'external_key', i.external_key,
    'created_at', iso_utc(i.created_at), 'published_at', iso_utc(i.published_at),
    'tags', ARRAY(SELECT tag_id FROM insight_tags WHERE insight_id = i.id ORDER BY tag_id))"""
# The names of what a history mentions, merged ones too: what has no name is gone.
NAMES = """json_build_object(
    'categories', (SELECT json_object_agg(id, name) FROM (
        SELECT id, name FROM categories UNION ALL SELECT former_id, name FROM category_aliases) named
        WHERE id = i.category_id
           OR id = ANY (ARRAY(SELECT CAST(changes->>'category_id' AS integer) FROM kept))),
    'tags', (SELECT json_object_agg(id, name) FROM (
        SELECT id, name FROM tags UNION ALL SELECT former_id, name FROM tag_aliases) named
        WHERE id = ANY (ARRAY(
            SELECT tag_id FROM insight_tags WHERE insight_id = i.id UNION
            SELECT CAST(jsonb_array_elements(changes->'tags') AS integer) FROM kept WHERE changes ? 'tags'))))"""
# The insight first, then its revisions, newest first.
READ = f"""
WITH known AS MATERIALIZED (SELECT * FROM insights i WHERE i.id = :id AND {{sees}}),
kept AS MATERIALIZED (
  SELECT r.* FROM known JOIN insight_revisions r ON r.insight_id = known.id WHERE {{wanted}})
SELECT number, version, iso_utc(at) AS at, verb, actor_kind, actor_id,
    coalesce((SELECT u.name FROM users u WHERE u.id = actor_id), actor_name) AS actor_name, message,
    CAST(receipt_id AS text) AS receipt_id, ARRAY(SELECT jsonb_object_keys(changes)) AS fields,
    changes - CAST(:without AS text[]) AS changes, NULL AS head, NULL AS names
FROM kept
UNION ALL
SELECT NULL, version, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, {STATE}, {NAMES} FROM known i
ORDER BY number DESC NULLS FIRST"""


@dataclass(frozen=True, slots=True)
class History:
    """The newest revisions of an insight, newest first, the state after them all, and what the ids in them are called:
    ``categories`` and ``tags``, by the id as a text."""

    head: State
    names: dict[str, dict[str, str] | None]
    revisions: Sequence[Any]

    def states(self) -> list[State]:
        """The state after each of the revisions, and last what was before them all."""
        return list(states(self.head, (revision.changes for revision in self.revisions)))

    def named(self, kind: str, key: int | None) -> dict[str, Any] | None:
        """A tag or a category as answers tell it; without a name when it was deleted."""
        return None if key is None else {"id": key, "name": (self.names[kind] or {}).get(str(key))}


@cache
def _statement(sources: Sources, wanted: str) -> str:
    return READ.format(sees=sources.sees, wanted=wanted)


def history_since(audience: Audience, insight_id: int, *, number: int) -> History:
    """From revision ``number`` on. `NotFound` for an insight that the audience doesn't see."""
    return _read(audience, insight_id, "r.number >= :number", number=number, without=[])


def history_after(audience: Audience, insight_id: int, *, version: int) -> History:
    """What came after a version of the insight. `NotFound` for one that the audience doesn't see."""
    return _read(audience, insight_id, "r.version > :version", version=version, without=[])


def _read(audience: Audience, insight_id: int, wanted: str, **parameters: object) -> History:
    statement = _statement(audience.sources, wanted)
    rows = read_rows(statement, id=insight_id, **parameters, **audience.parameters)
    if not rows:
        raise NotFound.of("Insight", insight_id)
    return History(rows[0].head, rows[0].names, rows[1:])


def seen(audience: Audience, state: State) -> bool:
    """Whether the audience would have seen the insight in that state."""
    return audience.sees(state["visibility"], state["status"], state["owner_id"])


def revisions_json(reader: Actor, insight_id: int) -> bytes:
    """All revisions that the reader sees (`RevisionList`), the creation first. Texts aren't read: a long history costs
    a few bytes for each revision."""
    history = _read(reader.audience, insight_id, "true", without=OTHERS)
    deciding = {field: history.head[field] for field in DECIDING}
    after = states(deciding, (revision.changes for revision in history.revisions))
    listed = [
        _listed(reader, revision)
        for revision, state in zip(history.revisions, after, strict=False)
        if seen(reader.audience, state)
    ]
    return _json({"revisions": listed[::-1]})


def revision_json(reader: Actor, insight_id: int, number: int) -> bytes:
    """One revision, what it changed and the insight as it left it (`RevisionAnswer`). `NotFound`."""
    history = history_since(reader.audience, insight_id, number=number)
    _known(reader.audience, history, insight_id, number)
    *_, after, before = history.states()
    changed = _told(reader, before, after) if number > 1 else ()
    withheld = not seen(reader.audience, before)
    answer = {
        **_listed(reader, history.revisions[-1]),
        "changes": [_change(history, difference, withheld=withheld) for difference in changed],
        "insight": _insight(history, after),
    }
    return _json(answer)


def diff_json(reader: Actor, insight_id: int, number: int, other: int) -> bytes:
    """What differs between the insight after two revisions, in either order (`DiffAnswer`). `NotFound`."""
    history = history_since(reader.audience, insight_id, number=min(number, other))
    before, after = (_known(reader.audience, history, insight_id, wanted) for wanted in (number, other))
    changes = [{**_change(history, found), **_unified(found)} for found in _told(reader, before, after)]
    return _json({"from": number, "to": other, "changes": changes})


def state_after(audience: Audience, insight_id: int, number: int) -> State:
    """The insight as a revision left it. `NotFound`."""
    return _known(audience, history_since(audience, insight_id, number=number), insight_id, number)


def _known(audience: Audience, history: History, insight_id: int, number: int) -> State:
    """The state after one of the revisions, for those who would have seen it."""
    for revision, state in zip(history.revisions, history.states(), strict=False):
        if revision.number == number and seen(audience, state):
            return state
    raise NotFound(f"Insight {insight_id} has no revision {number}.")


def _told(reader: Actor, before: State, after: State) -> list[Difference]:
    """Where two states differ, as the reader may know it."""
    found = differences(before, after)
    return found if _known_reader(reader) else [each for each in found if each.field != "owner_id"]


def _known_reader(reader: Actor) -> bool:
    """Who isn't known isn't told who anybody is, nor what they said to each other."""
    return reader.kind is not Kind.ANONYMOUS


def _listed(reader: Actor, revision: Any) -> dict[str, Any]:
    """A revision as lists tell it."""
    known = _known_reader(reader)
    return {
        "number": revision.number,
        "version": revision.version,
        "at": revision.at,
        "verb": revision.verb,
        "actor": {
            "kind": revision.actor_kind,
            "id": revision.actor_id if known else None,
            "name": revision.actor_name if known else None,
        },
        "message": revision.message if known else None,
        "fields": [_public(field) for field in FIELDS if field in revision.fields],
        "receipt_id": revision.receipt_id,
    }


def _insight(history: History, state: State) -> dict[str, Any]:
    """A state as answers tell it."""
    told = {field: value for field, value in state.items() if field != "owner_id"}
    return {
        **told,
        "category": history.named("categories", state["category_id"]),
        "tags": _tags(history, state["tags"]),
    }


def _tags(history: History, ids: Iterable[int]) -> list[dict[str, Any] | None]:
    return [history.named("tags", tag_id) for tag_id in ids]


def _change(history: History, difference: Difference, *, withheld: bool = False) -> dict[str, Any]:
    """One changed field; what was there before, unless the reader may not know."""
    before = None if withheld else _value(history, difference.field, difference.before)
    told = {"field": _public(difference.field), "before": before}
    return {**told, "after": _value(history, *difference[::2]), **({"withheld": True} if withheld else {})}


def _value(history: History, field: str, value: Any) -> Any:
    if field == "category_id":
        return history.named("categories", value)
    return _tags(history, value) if field == "tags" else value


def _public(field: str) -> str:
    """Categories are told with their names."""
    return "category" if field == "category_id" else field


def _unified(difference: Difference) -> dict[str, str]:
    """Line by line, of long texts that were there before and after."""
    field, before, after = difference
    if field not in LONG_TEXTS or before is None or after is None:
        return {}
    lines = unified_diff(before, after)
    return {} if lines is None else {"unified": lines}


def _json(answer: object) -> bytes:
    return json.dumps(answer, ensure_ascii=False).encode()
