"""``/insights``: single ones."""

from http import HTTPStatus
from typing import Any

from flask import Response, url_for

from app.core.db import Versioned, transact
from app.core.http.endpoint import Endpoints
from app.core.http.respond import expected_version, no_content, versioned_answer
from app.identity.acting import current_actor
from app.identity.idempotency import once
from app.insights import examples
from app.insights.commands.trashing import delete_insight
from app.insights.commands.updating import update_insight
from app.insights.commands.writing import create_insight
from app.insights.queries.item import insight_json
from app.insights.schemas import InsightAnswer, InsightSchema, ReasonSchema

api = Endpoints("insights", __name__, description="What staff have learned: capture it, read it, change it.")
INSIGHT_ID = '/insights/<id("insight_id"):insight_id>'


@api.endpoint(
    "POST",
    "/insights",
    InsightAnswer,
    status=HTTPStatus.CREATED,
    body=InsightSchema,
    refuses=True,
    once=True,
    body_example=examples.DRAFT,
    answer_example=examples.INSIGHT,
)
def create(draft: dict[str, Any]) -> Response:
    """Capture an insight."""

    def command() -> Response:
        insight_id = create_insight(draft)
        location = url_for("insights.get", insight_id=insight_id)
        return versioned_answer(*insight_json(current_actor().audience, insight_id), HTTPStatus.CREATED, location)

    return once(command)


@api.endpoint(
    "GET",
    INSIGHT_ID,
    InsightAnswer,
    answer_example=examples.INSIGHT,
    page=lambda insight_id: url_for("insight.show", insight_id=insight_id),
)
def get(insight_id: int) -> Response:
    """One insight."""
    return versioned_answer(*insight_json(current_actor().audience, insight_id))


@api.endpoint(
    "PUT",
    INSIGHT_ID,
    InsightAnswer,
    body=InsightSchema(partial=True),
    refuses=True,
    body_example=examples.CHANGES,
    answer_example=examples.INSIGHT,
)
def update(changes: dict[str, Any], insight_id: int) -> Response:
    """Change the given fields.

    Absent ones stay, null clears, an empty `tag_ids` removes all tags. When nothing differs, nothing is written.
    """

    def command() -> Versioned:
        update_insight(insight_id, changes, expected_version())
        return insight_json(current_actor().audience, insight_id)

    return versioned_answer(*transact(command))


@api.endpoint("DELETE", INSIGHT_ID, status=HTTPStatus.NO_CONTENT, query=ReasonSchema)
def delete(reason: dict[str, Any], insight_id: int) -> Response:
    """Move an insight into the trash, where it stays for `TRASH_DAYS`."""
    transact(delete_insight, insight_id, expected_version(), reason.get("message"))
    return no_content()
