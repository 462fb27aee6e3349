"""Care of ``/tags``."""

import json
from typing import Any

import orjson
from flask import Response, url_for

from app.core.http.endpoint import Endpoints
from app.core.http.respond import expected_version, json_answer
from app.curation import examples
from app.curation.commands.merging_tags import merge_tag, preview_tag_merge
from app.curation.queries.suggestions import suggested_tag_merges
from app.curation.schemas import MergeSchema, TagMergeAnswer, TagSuggestions
from app.identity.acting import current_actor
from app.identity.idempotency import once
from app.taxonomy.queries.tags import tag_json
from app.taxonomy.schemas import SliceSchema

api = Endpoints("tag_care", __name__, description="Tags that mean the same become one.")


@api.endpoint(
    "POST",
    '/tags/<id("tag_id"):tag_id>/merge',
    TagMergeAnswer,
    body=MergeSchema,
    refuses=True,
    once=True,
    conditional=True,
    body_example=examples.MERGE,
    answer_example=examples.TAG_MERGE,
)
def merge(wanted: dict[str, Any], tag_id: int) -> Response:
    """Merge a tag into another one.

    Its insights get the other tag, and its name stands for that from now on: typed or imported, it is the other tag.
    """
    return once(lambda: json_answer(orjson.dumps(_merged(wanted, tag_id))))


def _merged(wanted: dict[str, Any], tag_id: int) -> dict[str, Any]:
    if wanted["preview"]:
        done = preview_tag_merge(tag_id, wanted["into"], expected_version())
    else:
        done = merge_tag(tag_id, wanted["into"], expected_version(), wanted.get("message"))
    return {
        "preview": wanted["preview"],
        "receipt_id": done.receipt_id,
        "undo": done.receipt_id and url_for("receipts.undo", receipt_id=done.receipt_id),
        "insights": done.insights,
        "both": done.both,
        "aliases": done.aliases,
        "into": json.loads(tag_json(current_actor().audience, wanted["into"]).body),
    }


@api.endpoint(
    "GET",
    "/tags/suggested-merges",
    TagSuggestions,
    query=SliceSchema,
    answer_example=examples.TAG_SUGGESTIONS,
    page=lambda _: url_for("tag_pages.suggestions"),
)
def suggestions(slice_: dict[str, int]) -> Response:
    """Tags that may be one and the same.

    A letter off, or the same words in another order or inflexion; the less used into the more used.
    """
    return json_answer(orjson.dumps({"suggestions": suggested_tag_merges(current_actor().audience, **slice_)}))
