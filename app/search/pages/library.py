"""``/library`` and ``/library/{id}``: insights for people."""

import json
from typing import Any

from flask import Blueprint, current_app, render_template
from markupsafe import Markup

from app.core.clock import now
from app.core.http.filters import given_filters
from app.core.markdown import render
from app.errors import Invalid
from app.identity.acting import current_actor
from app.identity.permissions import Visibility
from app.insights.models import Priority, Status
from app.insights.queries.item import insight_json
from app.search.noting import note_opened, noted
from app.search.pages.typed import Typed
from app.search.queries.answer import search_json
from app.search.queries.paging import DEEPEST
from app.search.queries.related import related_json
from app.search.queries.wanted import Portion, Search, Wishes
from app.search.schemas.searches import LibrarySchema
from app.taxonomy.queries.categories import category_options
from app.taxonomy.queries.tags import most_used_tags_json

blueprint = Blueprint("library", __name__)
TAGS_SHOWN = 100
RELATED_SHOWN = 5
CHOICES = {"statuses": tuple(Status), "priorities": tuple(Priority), "visibilities": tuple(Visibility)}


@blueprint.get("/library")
def library() -> str:
    """The list with its filters and search; a wrong filter is named beside its field and left out.

    A text that can't be understood is not left out, as all insights would look like what was found: nothing is shown.
    """
    arguments, errors, given = given_filters(LibrarySchema(), lists=("tag_ids",))
    audience = current_actor().audience
    typed = Typed.of((given["q"] or "").strip(), now(), errors.get("q"))
    if typed.problems:
        errors["q"] = typed.problems[0].message
    categories = category_options(audience)
    tags = json.loads(most_used_tags_json(audience, TAGS_SHOWN, arguments.get("tag_ids", ())))
    return render_template(
        "insights/library.html",
        result=_nothing(arguments) if typed.problems else _found(arguments, errors),
        filters=given | arguments,
        errors=errors,
        typed=typed,
        kept=typed.kept(arguments, categories, tags),
        categories=categories,
        tags=tags,
        deepest=DEEPEST,
        **CHOICES,
    )


@blueprint.get("/library/<int:insight_id>")
def insight(insight_id: int) -> str:
    """One insight with its rendered content, and others that have to do with it."""
    audience = current_actor().audience
    stored = json.loads(insight_json(audience, insight_id).body)
    note_opened(insight_id)
    content = render(stored["content"]) if stored["content"] else None
    return render_template(
        "insights/detail.html",
        insight=stored,
        content_html=Markup(content.html) if content else None,  # noqa: S704  # sanitised by render()
        toc=content.headings if content else (),
        related=json.loads(related_json(audience, insight_id, RELATED_SHOWN))["insights"],
    )


def _nothing(arguments: dict[str, Any]) -> dict[str, Any]:
    return {"total": 0, "page": 1, "page_size": arguments["page_size"], "matched": None, "insights": []}


def _found(arguments: dict[str, Any], errors: dict[str, str]) -> Any:
    """The page that is asked for, without what turns out to be wrong: that is told in ``errors``."""
    page, page_size = arguments["page"], arguments["page_size"]
    portion = Portion(page, page_size, (page - 1) * page_size)
    wishes = Wishes(facets=bool(arguments.get("q")) or None, exact_total=current_app.config["SEARCH_EXACT_TOTAL"])
    try:
        search = Search.of(arguments, ("q",))
        return json.loads(noted(search_json(current_actor().audience, search, portion, wishes), search))
    except Invalid as invalid:
        wrong = {str(error.path[0]): error.message for error in invalid.errors}
        if not wrong.keys() & arguments.keys():
            raise  # there is nothing to leave out
        errors |= wrong
        rest = {name: value for name, value in arguments.items() if name not in wrong} | {"page": 1}
        return _found(rest, errors)
