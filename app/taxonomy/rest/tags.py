"""``/tags``."""

from http import HTTPStatus
from typing import Any

from flask import Response, url_for

from app.core.db import Versioned, transact
from app.core.http.body import Blueprint
from app.core.http.negotiation import page_for_people
from app.core.http.openapi import ETAG, IF_MATCH, problems
from app.core.http.respond import expected_version, json_answer, versioned_answer
from app.taxonomy.commands.tags import create_tag, delete_tag, update_tag
from app.taxonomy.queries.tags import tag_json, tags_json
from app.taxonomy.schemas import SliceSchema, TagAnswer, TagSchema

blueprint = Blueprint("tags", __name__, description="Words that insights share, each with its exact usage count.")
TAG_ID = '/tags/<id("tag_id"):tag_id>'


@blueprint.route("/tags", methods=["POST"])
@blueprint.arguments(TagSchema, error_status_code=422)
@blueprint.response(201, TagAnswer, headers=ETAG)
@problems(blueprint, 400, 413, 415, 422)
def create(values: dict[str, Any]) -> Response:
    """Create a tag."""

    def command() -> Versioned:
        return tag_json(create_tag(values))

    tag, version = transact(command)
    return versioned_answer(tag, version, HTTPStatus.CREATED)


@blueprint.route("/tags", methods=["GET"])
@blueprint.arguments(SliceSchema, location="query", error_status_code=422)
@blueprint.response(200, TagAnswer(many=True), headers=ETAG)
@problems(blueprint, 422)
@page_for_people(lambda slice_: url_for("library.library"))
def list_tags(slice_: dict[str, int]) -> Response:
    """All tags by name."""
    return json_answer(tags_json(**slice_))


@blueprint.route(TAG_ID, methods=["GET"])
@blueprint.response(200, TagAnswer, headers=ETAG)
@problems(blueprint, 404, 422)
@page_for_people(lambda tag_id: url_for("library.library", tag_ids=tag_id))
def get(tag_id: int) -> Response:
    """One tag."""
    return versioned_answer(*tag_json(tag_id))


@blueprint.route(TAG_ID, methods=["PUT"])
@blueprint.doc(parameters=[IF_MATCH])
@blueprint.arguments(TagSchema(partial=True), error_status_code=422)
@blueprint.response(200, TagAnswer, headers=ETAG)
@problems(blueprint, 400, 404, 412, 413, 415, 422)
def update(changes: dict[str, Any], tag_id: int) -> Response:
    """Change the given fields; absent ones stay, null clears."""

    def command() -> Versioned:
        update_tag(tag_id, changes, expected_version())
        return tag_json(tag_id)

    return versioned_answer(*transact(command))


@blueprint.route(TAG_ID, methods=["DELETE"])
@blueprint.doc(parameters=[IF_MATCH])
@blueprint.response(204)
@problems(blueprint, 404, 412, 422)
def delete(tag_id: int) -> Response:
    """Delete a tag; the insights that carried it stay."""
    transact(delete_tag, tag_id, expected_version())
    return Response(status=HTTPStatus.NO_CONTENT)
