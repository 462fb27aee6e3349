"""``/insights/{id}/revisions``."""

from typing import Any

from flask import Response

from app.core.http.endpoint import Endpoints
from app.core.http.respond import expected_version, json_answer, versioned_answer
from app.identity.acting import current_actor
from app.identity.idempotency import once
from app.insights import examples
from app.insights.commands.reverting import revert_insight
from app.insights.queries.item import insight_json
from app.insights.queries.revisions import diff_json, revision_json, revisions_json
from app.insights.schemas import DiffAnswer, InsightAnswer, ReasonSchema, RevisionAnswer, RevisionList

api = Endpoints("revisions", __name__, description="What insights were before, and who changed them.")
REVISIONS = '/insights/<id("insight_id"):insight_id>/revisions'
REVISION = f'{REVISIONS}/<id("number"):number>'


@api.endpoint("GET", REVISIONS, RevisionList, answer_example=examples.REVISIONS)
def list_revisions(insight_id: int) -> Response:
    """Every change of an insight, the creation first.

    Left out are those that left it in a state which the caller would not have seen.
    """
    return json_answer(revisions_json(current_actor(), insight_id))


@api.endpoint("GET", REVISION, RevisionAnswer, answer_example=examples.REVISION)
def get(insight_id: int, number: int) -> Response:
    """One change, field by field, and the insight as it was then."""
    return json_answer(revision_json(current_actor(), insight_id, number))


@api.endpoint("GET", f'{REVISION}/diff/<id("other"):other>', DiffAnswer, answer_example=examples.DIFF)
def diff(insight_id: int, number: int, other: int) -> Response:
    """What differs between the insight after one revision and after another, in either order."""
    return json_answer(diff_json(current_actor(), insight_id, number, other))


@api.endpoint(
    "POST",
    f"{REVISION}/restore",
    InsightAnswer,
    body=ReasonSchema,
    refuses=True,
    once=True,
    conditional=True,
    body_example=examples.REASON,
    answer_example=examples.INSIGHT,
)
def restore(reason: dict[str, Any], insight_id: int, number: int) -> Response:
    """Give an insight the texts, category, priority, metadata and tags that it had; a new revision.

    Status, visibility, owner, key and time of publication stay. When nothing differs, nothing is written.
    """

    def command() -> Response:
        revert_insight(insight_id, number, expected_version(), reason.get("message"))
        return versioned_answer(*insight_json(current_actor().audience, insight_id))

    return once(command)
