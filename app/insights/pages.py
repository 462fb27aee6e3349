"""``/library`` and ``/library/{id}``: insights for people."""

import json
from typing import Any

from flask import Blueprint, render_template, request
from markupsafe import Markup
from marshmallow import ValidationError

from app.core.fields import flatten
from app.core.markdown import render
from app.insights.models import Priority, Status, Visibility
from app.insights.queries.item import insight_json
from app.insights.queries.listing import InsightFilter, insights_json
from app.insights.schemas import LibrarySchema
from app.taxonomy.queries.categories import category_options
from app.taxonomy.queries.tags import most_used_tags_json

blueprint = Blueprint("library", __name__)
TAGS_SHOWN = 100
CHOICES = {"statuses": tuple(Status), "priorities": tuple(Priority), "visibilities": tuple(Visibility)}


@blueprint.get("/library")
def library() -> str:
    """The list with its filters and search; a wrong filter is named beside its field and left out."""
    arguments, errors, typed = _arguments()
    page, page_size = arguments["page"], arguments["page_size"]
    result = json.loads(insights_json(InsightFilter.of({**arguments, "query": arguments.get("q")}), page, page_size))
    return render_template(
        "insights/library.html",
        result=result,
        filters=typed,
        errors=errors,
        categories=category_options(),
        tags=json.loads(most_used_tags_json(TAGS_SHOWN, arguments.get("tag_ids", ()))),
        **CHOICES,
    )


@blueprint.get("/library/<int:insight_id>")
def insight(insight_id: int) -> str:
    """One insight with its rendered content."""
    stored = json.loads(insight_json(insight_id).body)
    content = render(stored["content"]) if stored["content"] else None
    return render_template(
        "insights/detail.html",
        insight=stored,
        content_html=Markup(content.html) if content else None,  # noqa: S704  # sanitised by render()
        toc=content.headings if content else (),
    )


def _arguments() -> tuple[dict[str, Any], dict[str, str], dict[str, Any]]:
    """The usable arguments, a message for each unusable one, and everything as it was typed."""
    schema = LibrarySchema()
    given = {name: values for name, values in request.args.lists() if name in schema.fields and any(values)}
    flat = {name: values if name == "tag_ids" else values[-1] for name, values in given.items()}
    try:
        arguments, wrong = schema.load(flat), {}
    except ValidationError as error:
        wrong = error.normalized_messages()  # type: ignore[no-untyped-call]
        arguments = schema.load({name: value for name, value in flat.items() if name not in wrong})
    errors = {name: flatten(tree, "query")[0].message for name, tree in wrong.items()}
    typed = dict.fromkeys(schema.fields) | {"tag_ids": []} | flat | arguments
    return arguments, errors, typed
