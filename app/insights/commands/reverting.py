"""An insight becomes again what one of its revisions left."""

from typing import Any

from sqlalchemy import text

from app.extensions import db
from app.identity.acting import current_actor
from app.insights.commands.tagging import tags_of
from app.insights.commands.updating import difference, update_insights
from app.insights.commands.writing import lock_for_change
from app.insights.history import State
from app.insights.models import Verb
from app.insights.queries.revisions import state_after

# What people wrote. Who sees it, whether it is published and whose it is stay as they are: those are decisions of
# today, and going back to an older text must not undo them.
WRITTEN = ("title", "description", "content", "source", "author", "priority")
# The same and the rest of what goes back, as a comparison names it.
REVERTED = frozenset({*WRITTEN, "metadata", "category", "tags"})
# What a category and tags were merged into takes their place; what was deleted is left out.
FOUND = text("""
    SELECT (SELECT coalesce((SELECT id FROM categories WHERE id = :category_id),
                            (SELECT category_id FROM category_aliases WHERE former_id = :category_id))) AS category_id,
        ARRAY (SELECT id FROM tags WHERE id = ANY (:tags) UNION
               SELECT tag_id FROM tag_aliases WHERE former_id = ANY (:tags)) AS tags""")


def revert_insight(
    insight_id: int, number: int, expected_version: int | None = None, message: str | None = None
) -> bool:
    """Give an insight the texts, the category, the priority, the metadata and the tags that it had after revision
    ``number``; False when it has them and nothing was written. Raises `NotFound` also for a revision that the actor
    doesn't see."""
    stored = lock_for_change(insight_id, expected_version)
    state = state_after(current_actor().audience, insight_id, number)
    given, tags = _as_given(state)
    change = difference(stored, given, tags_of(insight_id), tags)
    if change is None:
        return False
    update_insights([change], message or f"Back to revision {number}", Verb.REVERT)
    return True


def _as_given(state: State) -> tuple[dict[str, Any], frozenset[int]]:
    """An earlier state as values to store now, and the tags."""
    found = db.session.execute(FOUND, {"category_id": state["category_id"], "tags": state["tags"]}).one()
    written = {field: state[field] for field in WRITTEN}
    return {**written, "extra": state["metadata"], "category_id": found.category_id}, frozenset(found.tags)
