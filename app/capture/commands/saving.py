"""What was typed into the capture form becomes an insight, and its working copy goes with the same commit."""

import json
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from app.capture.commands.copies import drop_copy, one_at_a_time, public_id_of
from app.capture.queries.copies import saved_as
from app.capture.schemas import CaptureForm, loaded
from app.capture.typed import REASON, Texts, differing, texts_of
from app.identity.acting import current_actor
from app.insights.commands.updating import update_insight
from app.insights.commands.writing import create_insight
from app.insights.queries.item import insight_json

# The version of an insight that nobody changed yet.
MADE = 1


def save_new(texts: Texts, copy_id: UUID) -> Mapping[str, Any]:
    """Make an insight of what was typed; return its ``id`` and ``title``.

    The same form sent twice makes one insight. Sent again (by way of the back button) it changes that one while it is
    as it was made, and has the same title; otherwise it makes another one: nothing that was typed is dropped.
    """
    draft = loaded(CaptureForm(), texts)
    one_at_a_time()
    public_id = public_id_of(copy_id)
    known, insight_id = saved_as(public_id)
    if insight_id is not None and _goes_on(insight_id, texts):
        _, insight = save_changes(insight_id, texts, MADE, copy_id)
        return insight
    insight_id = create_insight(draft if known else {**draft, "public_id": public_id})
    drop_copy(copy_id)
    return {"id": insight_id, "title": draft["title"]}


def save_changes(insight_id: int, texts: Texts, version: int, copy_id: UUID) -> tuple[bool, Mapping[str, Any]]:
    """Change an insight to what was typed, from the version that was shown; return whether anything was written, and
    the ``id`` and ``title``.

    Raises `NotFound`, `Forbidden` and `Stale` like `update_insight`. A field that nobody touched is neither checked nor
    written.
    """
    stored = _stored(insight_id)
    typed = differing(texts, texts_of(stored))
    changes = loaded(CaptureForm(), typed)
    written = bool(typed.keys() - {REASON}) and update_insight(insight_id, changes, version)
    drop_copy(copy_id, insight_id)
    return written, {"id": insight_id, "title": changes.get("title", stored["title"])}


def _stored(insight_id: int) -> dict[str, Any]:
    stored: dict[str, Any] = json.loads(insight_json(current_actor().audience, insight_id).body)
    return stored


def _goes_on(insight_id: int, texts: Texts) -> bool:
    """Whether the texts are still those of an insight that they once made: they say nothing else, or nobody changed it
    and its title is the same."""
    stored = _stored(insight_id)
    shown = texts_of(stored)
    others = differing(texts, shown)
    return not others or (stored["version"] == MADE and "title" not in others)
