"""``/insights/trash``, and out of it again."""

from http import HTTPStatus
from typing import Any

import orjson
from flask import Response, current_app, url_for

from app.core.db import transact
from app.core.http.endpoint import Endpoints
from app.core.http.respond import expected_version, json_answer, no_content, versioned_answer
from app.identity.acting import current_actor
from app.identity.idempotency import once
from app.insights import examples
from app.insights.commands.trashing import purge_insight, purge_trash, restore_insight
from app.insights.queries.item import insight_json
from app.insights.queries.trash import trash_json
from app.insights.schemas import InsightAnswer, PurgeAnswer, ReasonSchema, TrashPage, TrashSchema

api = Endpoints("trash", __name__, description="Deleted insights, until they are purged.")


@api.endpoint(
    "GET",
    "/insights/trash",
    TrashPage,
    query=TrashSchema,
    page=lambda _: url_for("trash_pages.show"),
    answer_example=examples.TRASH,
)
def list_trash(arguments: dict[str, Any]) -> Response:
    """Insights in the trash that the caller may bring back, what was deleted last first."""
    days = current_app.config["TRASH_DAYS"]
    return json_answer(trash_json(current_actor(), days, arguments["page"], arguments["page_size"]))


@api.endpoint(
    "POST",
    '/insights/<id("insight_id"):insight_id>/restore',
    InsightAnswer,
    body=ReasonSchema,
    refuses=True,
    once=True,
    conditional=True,
    body_example=examples.REASON,
    answer_example=examples.INSIGHT,
)
def restore(reason: dict[str, Any], insight_id: int) -> Response:
    """Take an insight out of the trash, as it was and under its id; a new revision.

    What its category and tags were merged into meanwhile takes their place; those that were deleted are missing.
    """

    def command() -> Response:
        restore_insight(insight_id, expected_version(), reason.get("message"))
        return versioned_answer(*insight_json(current_actor().audience, insight_id))

    return once(command)


@api.endpoint("DELETE", '/insights/trash/<id("insight_id"):insight_id>', status=HTTPStatus.NO_CONTENT)
def purge(insight_id: int) -> Response:
    """Delete an insight in the trash for good, and its history."""
    transact(purge_insight, insight_id, expected_version())
    return no_content()


@api.endpoint(
    "DELETE", "/insights/trash", PurgeAnswer, conditional=False, volatile=True, answer_example=examples.PURGED
)
def empty() -> Response:
    """Delete everything in the trash for good."""
    return Response(orjson.dumps({"purged": transact(purge_trash)}), content_type="application/json")
