"""``/insights/{insight_id}/related`` and ``/insights/similar``."""

from typing import Any

from flask import Response

from app.core.http.endpoint import Endpoints
from app.core.http.respond import json_answer
from app.identity.acting import current_actor
from app.search.examples import suggestions as examples
from app.search.queries.related import related_json
from app.search.queries.similar import similar_json
from app.search.schemas.suggestions import RelatedList, RelatedSchema, SimilarList, SimilarSchema

api = Endpoints("related", __name__, description="Insights that have to do with another one.")


@api.endpoint(
    "GET",
    '/insights/<id("insight_id"):insight_id>/related',
    RelatedList,
    query=RelatedSchema,
    answer_example=examples.RELATED,
)
def related(wanted: dict[str, int], insight_id: int) -> Response:
    """Insights that share rare words, tags or the category with one.

    Each says what it shares. The rarer that is, the more it counts.
    """
    return json_answer(related_json(current_actor().audience, insight_id, wanted["limit"]))


@api.endpoint("GET", "/insights/similar", SimilarList, query=SimilarSchema, answer_example=examples.SIMILAR)
def similar(draft: dict[str, Any]) -> Response:
    """Insights that may say the same as one that is about to be written.

    Titles that are nearly the same, whatever the order and the inflexion of their words; with a description also that.
    """
    return json_answer(similar_json(current_actor().audience, **draft))
