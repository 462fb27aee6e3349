"""``/categories``."""

from http import HTTPStatus
from typing import Any

from flask import Response, url_for

from app.core.db import Versioned, transact
from app.core.http.body import Blueprint
from app.core.http.negotiation import page_for_people
from app.core.http.openapi import ETAG, IF_MATCH, problems
from app.core.http.respond import expected_version, json_answer, versioned_answer
from app.taxonomy.commands.categories import create_category, delete_category, update_category
from app.taxonomy.queries.categories import categories_json, category_json, category_tree_json
from app.taxonomy.schemas import CategoryAnswer, CategorySchema, CategoryTree, SliceSchema

blueprint = Blueprint("categories", __name__, description="A tree of any depth; an insight lies in one category at most.")
CATEGORY_ID = '/categories/<id("category_id"):category_id>'


@blueprint.route("/categories", methods=["POST"])
@blueprint.arguments(CategorySchema, error_status_code=422)
@blueprint.response(201, CategoryAnswer, headers=ETAG)
@problems(blueprint, 400, 413, 415, 422)
def create(values: dict[str, Any]) -> Response:
    """Create a category."""

    def command() -> Versioned:
        return category_json(create_category(values))

    category, version = transact(command)
    return versioned_answer(category, version, HTTPStatus.CREATED)


@blueprint.route("/categories", methods=["GET"])
@blueprint.arguments(SliceSchema, location="query", error_status_code=422)
@blueprint.response(200, CategoryAnswer(many=True), headers=ETAG)
@problems(blueprint, 422)
@page_for_people(lambda slice_: url_for("library.library"))
def list_categories(slice_: dict[str, int]) -> Response:
    """All categories by name."""
    return json_answer(categories_json(**slice_))


@blueprint.route("/categories/tree", methods=["GET"])
@blueprint.response(200, CategoryTree, headers=ETAG)
@problems(blueprint)
def tree() -> Response:
    """The nested tree with direct and subtree counts."""
    return json_answer(category_tree_json())


@blueprint.route(CATEGORY_ID, methods=["GET"])
@blueprint.response(200, CategoryAnswer, headers=ETAG)
@problems(blueprint, 404, 422)
@page_for_people(lambda category_id: url_for("library.library", category_id=category_id))
def get(category_id: int) -> Response:
    """One category."""
    return versioned_answer(*category_json(category_id))


@blueprint.route(CATEGORY_ID, methods=["PUT"])
@blueprint.doc(parameters=[IF_MATCH])
@blueprint.arguments(CategorySchema(partial=True), error_status_code=422)
@blueprint.response(200, CategoryAnswer, headers=ETAG)
@problems(blueprint, 400, 404, 412, 413, 415, 422)
def update(changes: dict[str, Any], category_id: int) -> Response:
    """Change the given fields; absent ones stay, null clears. A new `parent_id` moves the whole subtree."""

    def command() -> Versioned:
        update_category(category_id, changes, expected_version())
        return category_json(category_id)

    return versioned_answer(*transact(command))


@blueprint.route(CATEGORY_ID, methods=["DELETE"])
@blueprint.doc(parameters=[IF_MATCH])
@blueprint.response(204)
@problems(blueprint, 400, 404, 412, 422)
def delete(category_id: int) -> Response:
    """Delete an empty category; one that holds insights or child categories is refused."""
    transact(delete_category, category_id, expected_version())
    return Response(status=HTTPStatus.NO_CONTENT)
