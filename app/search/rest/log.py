"""What became of searches: ``/search/{search_id}/opened`` and ``/search/gaps``."""

from http import HTTPStatus
from typing import Any

from flask import Response, url_for

from app.core.http.endpoint import Endpoints
from app.core.http.respond import json_answer, no_content
from app.identity.acting import current_actor
from app.identity.idempotency import once
from app.insights.queries.item import insight_json
from app.search.commands.logging_searches import log_opened
from app.search.examples import log as examples
from app.search.noting import asked
from app.search.queries.gaps import gaps_json
from app.search.schemas.log import GapsAnswer, GapsSchema, OpenedSchema

api = Endpoints("search_log", __name__, description="What people search for, and what they don't find.")


@api.endpoint(
    "POST",
    "/search/<string:search_id>/opened",
    status=HTTPStatus.NO_CONTENT,
    body=OpenedSchema,
    once=True,
    body_example=examples.OPENED,
)
def opened(values: dict[str, Any], search_id: str) -> Response:
    """Tell that an insight was opened from the answer to a search.

    The id is the answer's `search_id`; only whoever asked can tell. What has left the log since is let pass.
    """

    def command() -> Response:
        search = asked(search_id)
        insight_json(current_actor().audience, values["insight_id"])  # or it was not opened
        log_opened(search, values["insight_id"])
        return no_content()

    return once(command)


@api.endpoint(
    "GET",
    "/search/gaps",
    GapsAnswer,
    query=GapsSchema,
    answer_example=examples.GAPS,
    page=lambda arguments: url_for("gaps.show", **arguments),
)
def gaps(arguments: dict[str, int]) -> Response:
    """What people searched for and did not find.

    Texts that found nothing, or only what nobody opened, the most wanted first. Who typed them is not known.
    """
    return json_answer(gaps_json(**arguments))
