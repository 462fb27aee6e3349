"""An insight as its editors read it: whether they may change it, and what it was when they began."""

from typing import Any

from app.capture.typed import Texts, texts_of
from app.core.db import read_rows
from app.errors import NotFound
from app.identity.actor import Actor
from app.identity.audience import Audience
from app.insights.policy import may_change, sees
from app.insights.queries.revisions import History, history_after, seen

DECIDING = "SELECT id, status, visibility, owner_id FROM insights WHERE id = :id"


def changeable(actor: Actor, insight_id: int) -> bool:
    """Whether the actor may change the insight. `NotFound` when the actor doesn't see it."""
    rows = read_rows(DECIDING, id=insight_id)
    if not rows or not sees(actor, rows[0]):
        raise NotFound.of("Insight", insight_id)
    return may_change(actor, rows[0])


def texts_in(audience: Audience, insight_id: int, version: int) -> Texts | None:
    """What the form showed of a version of the insight; None when the history doesn't reach back to it, or not for this
    audience."""
    history = history_after(audience, insight_id, version=version)
    if not history.revisions or history.revisions[-1].number == 1:
        return None
    state = history.states()[-1]
    return texts_of(_named(history, state)) if seen(audience, state) else None


def _named(history: History, state: Any) -> dict[str, Any]:
    """A state with the names of its tags, without those that are gone."""
    tags = [history.named("tags", tag_id) for tag_id in state["tags"]]
    return {**state, "tags": [tag for tag in tags if tag and tag["name"]]}
