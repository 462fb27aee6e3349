"""``/categories``."""

from http import HTTPStatus
from typing import Any

from flask import Response, url_for

from app.core.db import Versioned, transact
from app.core.http.endpoint import Endpoints
from app.core.http.respond import expected_version, json_answer, no_content, versioned_answer
from app.identity.acting import current_actor
from app.identity.idempotency import once
from app.taxonomy import examples
from app.taxonomy.commands.categories import create_category, delete_category, update_category
from app.taxonomy.queries.categories import categories_json, category_json, category_tree_json
from app.taxonomy.schemas import CategoryAnswer, CategorySchema, CategoryTree, SliceSchema

api = Endpoints("categories", __name__, description="A tree of any depth; an insight lies in one category at most.")
CATEGORY_ID = '/categories/<id("category_id"):category_id>'


@api.endpoint(
    "POST",
    "/categories",
    CategoryAnswer,
    status=HTTPStatus.CREATED,
    body=CategorySchema,
    refuses=True,
    once=True,
    body_example=examples.CATEGORY_DRAFT,
    answer_example=examples.CATEGORY,
)
def create(values: dict[str, Any]) -> Response:
    """Create a category."""

    def command() -> Response:
        category_id = create_category(values)
        location = url_for("categories.get", category_id=category_id)
        return versioned_answer(*category_json(current_actor().audience, category_id), HTTPStatus.CREATED, location)

    return once(command)


@api.endpoint(
    "GET",
    "/categories",
    CategoryAnswer(many=True),
    query=SliceSchema,
    answer_example=[examples.CATEGORY],
    page=lambda _: url_for("category_pages.show"),
)
def list_categories(slice_: dict[str, int]) -> Response:
    """Categories by name."""
    return json_answer(categories_json(current_actor().audience, **slice_))


@api.endpoint(
    "GET",
    "/categories/tree",
    CategoryTree,
    answer_example=examples.TREE,
    page=lambda: url_for("category_pages.show"),
)
def tree() -> Response:
    """The nested tree with direct and subtree counts."""
    return json_answer(category_tree_json(current_actor().audience))


@api.endpoint(
    "GET",
    CATEGORY_ID,
    CategoryAnswer,
    answer_example=examples.CATEGORY,
    page=lambda category_id: url_for("library.library", category_id=category_id),
)
def get(category_id: int) -> Response:
    """One category."""
    return versioned_answer(*category_json(current_actor().audience, category_id))


@api.endpoint(
    "PUT",
    CATEGORY_ID,
    CategoryAnswer,
    body=CategorySchema(partial=True),
    refuses=True,
    body_example={"parent_id": 3},
    answer_example=examples.CATEGORY,
)
def update(changes: dict[str, Any], category_id: int) -> Response:
    """Change the given fields.

    Absent ones stay, null clears. A new `parent_id` moves the whole subtree.
    """

    def command() -> Versioned:
        update_category(category_id, changes, expected_version())
        return category_json(current_actor().audience, category_id)

    return versioned_answer(*transact(command))


@api.endpoint("DELETE", CATEGORY_ID, status=HTTPStatus.NO_CONTENT, refuses=True)
def delete(category_id: int) -> Response:
    """Delete an empty category.

    One that holds insights or child categories is refused.
    """
    transact(delete_category, category_id, expected_version())
    return no_content()
