"""Care of ``/categories``."""

import json
from typing import Any
from uuid import UUID

import orjson
from flask import Response, url_for

from app.core.http.endpoint import Endpoints
from app.core.http.respond import expected_version, json_answer
from app.curation import examples
from app.curation.commands.merging_categories import merge_category, preview_category_merge
from app.curation.commands.moving_categories import move_category, preview_category_move
from app.curation.queries.suggestions import suggested_category_merges
from app.curation.schemas import CategoryMergeAnswer, CategoryMoveAnswer, CategorySuggestions, MergeSchema, MoveSchema
from app.identity.acting import current_actor
from app.identity.idempotency import once
from app.taxonomy.queries.categories import category_json
from app.taxonomy.schemas import SliceSchema

api = Endpoints("category_care", __name__, description="Categories that mean the same become one, or find their place.")


@api.endpoint(
    "POST",
    '/categories/<id("category_id"):category_id>/merge',
    CategoryMergeAnswer,
    body=MergeSchema,
    refuses=True,
    once=True,
    conditional=True,
    body_example=examples.MERGE,
    answer_example=examples.CATEGORY_MERGE,
)
def merge(wanted: dict[str, Any], category_id: int) -> Response:
    """Merge a category into another one.

    Its insights and child categories move there, and its name stands for that from now on.
    """
    return once(lambda: json_answer(orjson.dumps(_merged(wanted, category_id))))


def _merged(wanted: dict[str, Any], category_id: int) -> dict[str, Any]:
    if wanted["preview"]:
        done = preview_category_merge(category_id, wanted["into"], expected_version())
    else:
        done = merge_category(category_id, wanted["into"], expected_version(), wanted.get("message"))
    figures = {"insights": done.insights, "categories": done.categories, "aliases": done.aliases}
    return _receipt(done.receipt_id) | figures | {"into": _category(wanted["into"])}


@api.endpoint(
    "POST",
    '/categories/<id("category_id"):category_id>/move',
    CategoryMoveAnswer,
    body=MoveSchema,
    refuses=True,
    once=True,
    conditional=True,
    body_example=examples.MOVE,
    answer_example=examples.CATEGORY_MOVE,
)
def move(wanted: dict[str, Any], category_id: int) -> Response:
    """Move a category to another place in the tree.

    All below it comes along; its insights stay in it.
    """
    return once(lambda: json_answer(orjson.dumps(_moved(wanted, category_id))))


def _moved(wanted: dict[str, Any], category_id: int) -> dict[str, Any]:
    if wanted["preview"]:
        done = preview_category_move(category_id, wanted["parent_id"], expected_version())
    else:
        done = move_category(category_id, wanted["parent_id"], expected_version(), wanted.get("message"))
    figures = {"insights": done.insights, "categories": done.categories}
    return _receipt(done.receipt_id) | figures | {"category": _category(category_id)}


def _receipt(receipt_id: UUID | None) -> dict[str, Any]:
    """A preview has none."""
    undo = url_for("receipts.undo", receipt_id=receipt_id) if receipt_id else None
    return {"preview": receipt_id is None, "receipt_id": receipt_id, "undo": undo}


def _category(category_id: int) -> Any:
    return json.loads(category_json(current_actor().audience, category_id).body)


@api.endpoint(
    "GET",
    "/categories/suggested-merges",
    CategorySuggestions,
    query=SliceSchema,
    answer_example=examples.CATEGORY_SUGGESTIONS,
    page=lambda _: url_for("category_pages.suggestions"),
)
def suggestions(slice_: dict[str, int]) -> Response:
    """Categories that may be one and the same.

    A letter off, or the same words in another order or inflexion; the less used into the more used.
    """
    return json_answer(orjson.dumps({"suggestions": suggested_category_merges(current_actor().audience, **slice_)}))
