"""What is being written and not saved yet, as its owner reads it; nobody else does."""

from typing import Any
from uuid import UUID

from app.core.db import read_json, read_rows
from app.errors import NotFound
from app.identity.actor import Actor

MOST_LISTED = 20
MINE = "c.owner_id IS NOT DISTINCT FROM CAST(:owner AS integer)"
COPY = """json_build_object(
    'id', c.id, 'insight_id', c.insight_id, 'base_version', c.base_version, 'fields', c.fields,
    'saved_at', iso_utc(c.updated_at))"""
ONE = f"SELECT {COPY}::text FROM working_copies c WHERE c.id = :id AND {MINE}"
OF_INSIGHT = f"SELECT {COPY}::text FROM working_copies c WHERE c.insight_id = :insight_id AND {MINE}"
# Only what tells them apart: the texts may be long.
LISTED = f"""
SELECT c.id, c.insight_id, iso_utc(c.updated_at) AS saved_at, c.fields->>'title' AS title,
    left(coalesce(nullif(btrim(c.fields->>'description'), ''), c.fields->>'content', ''), 200) AS beginning
FROM working_copies c WHERE {MINE} ORDER BY c.updated_at DESC, c.id LIMIT {MOST_LISTED}"""
SAVED_AS = """
SELECT id FROM insights WHERE public_id = :public_id
UNION ALL SELECT NULL FROM insight_trash WHERE public_id = :public_id"""


def copy_json(actor: Actor, copy_id: UUID) -> bytes:
    """One working copy (``id``, ``insight_id``, ``base_version``, ``fields``, ``saved_at``). `NotFound` when the actor
    has none such."""
    found = read_json(ONE, id=copy_id, owner=actor.user_id)
    if found is None:
        raise NotFound.of("Working copy", copy_id)
    return found


def copy_of_insight_json(actor: Actor, insight_id: int) -> bytes | None:
    """The actor's working copy of a stored insight, if there is one."""
    return read_json(OF_INSIGHT, insight_id=insight_id, owner=actor.user_id)


def unsaved(actor: Actor) -> list[dict[str, Any]]:
    """The latest working copies of the actor: ``id``, ``insight_id``, ``saved_at``, ``title``, ``beginning``."""
    return [row._asdict() for row in read_rows(LISTED, owner=actor.user_id)]


def saved_as(public_id: UUID) -> tuple[bool, int | None]:
    """Whether an insight has the public id, and its id unless it lies in the trash."""
    rows = read_rows(SAVED_AS, public_id=public_id)
    return (True, rows[0].id) if rows else (False, None)
