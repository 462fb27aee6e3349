"""``/tags``."""

from http import HTTPStatus
from typing import Any

from flask import Response, url_for

from app.core.db import Versioned, transact
from app.core.http.endpoint import Endpoints
from app.core.http.respond import expected_version, json_answer, no_content, versioned_answer
from app.identity.acting import current_actor
from app.identity.idempotency import once
from app.taxonomy import examples
from app.taxonomy.commands.tags import create_tag, delete_tag, update_tag
from app.taxonomy.queries.tags import tag_json, tags_json
from app.taxonomy.schemas import SliceSchema, TagAnswer, TagSchema

api = Endpoints("tags", __name__, description="Words that insights share, each with its exact usage count.")
TAG_ID = '/tags/<id("tag_id"):tag_id>'


@api.endpoint(
    "POST",
    "/tags",
    TagAnswer,
    status=HTTPStatus.CREATED,
    body=TagSchema,
    refuses=True,
    once=True,
    body_example=examples.TAG_DRAFT,
    answer_example=examples.TAG,
)
def create(values: dict[str, Any]) -> Response:
    """Create a tag."""

    def command() -> Response:
        tag_id = create_tag(values)
        location = url_for("tags.get", tag_id=tag_id)
        return versioned_answer(*tag_json(current_actor().audience, tag_id), HTTPStatus.CREATED, location)

    return once(command)


@api.endpoint(
    "GET",
    "/tags",
    TagAnswer(many=True),
    query=SliceSchema,
    answer_example=[examples.TAG],
    page=lambda _: url_for("tag_pages.show"),
)
def list_tags(slice_: dict[str, int]) -> Response:
    """Tags by name."""
    return json_answer(tags_json(current_actor().audience, **slice_))


@api.endpoint(
    "GET",
    TAG_ID,
    TagAnswer,
    answer_example=examples.TAG,
    page=lambda tag_id: url_for("library.library", tag_ids=tag_id),
)
def get(tag_id: int) -> Response:
    """One tag."""
    return versioned_answer(*tag_json(current_actor().audience, tag_id))


@api.endpoint(
    "PUT",
    TAG_ID,
    TagAnswer,
    body=TagSchema(partial=True),
    refuses=True,
    body_example={"name": "Good Practice"},
    answer_example=examples.TAG,
)
def update(changes: dict[str, Any], tag_id: int) -> Response:
    """Change the given fields.

    Absent ones stay, null clears.
    """

    def command() -> Versioned:
        update_tag(tag_id, changes, expected_version())
        return tag_json(current_actor().audience, tag_id)

    return versioned_answer(*transact(command))


@api.endpoint("DELETE", TAG_ID, status=HTTPStatus.NO_CONTENT)
def delete(tag_id: int) -> Response:
    """Delete a tag.

    The insights that carried it stay.
    """
    transact(delete_tag, tag_id, expected_version())
    return no_content()
