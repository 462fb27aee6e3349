"""``/library``: insights for people."""

import json
from typing import Any

from flask import Blueprint, Response, current_app, make_response, render_template

from app.core.clock import now
from app.errors import Invalid
from app.identity.acting import current_actor
from app.identity.audience import Audience
from app.identity.cookies import PrivateCookie
from app.identity.permissions import Visibility
from app.insights.models import Priority, Status
from app.search.noting import noted
from app.search.pages.facets import facets_of
from app.search.pages.places import filters_of
from app.search.pages.typed import Typed
from app.search.queries.answer import search_json
from app.search.queries.paging import DEEPEST
from app.search.queries.wanted import Portion, Search, Wishes
from app.search.schemas.searches import VIEWS
from app.taxonomy.queries.categories import category_options
from app.taxonomy.queries.tags import most_used_tags_json

blueprint = Blueprint("library", __name__)
TAGS_SHOWN = 100
CHOICES = {"statuses": tuple(Status), "priorities": tuple(Priority), "visibilities": tuple(Visibility)}


# How somebody likes the list to be shown, on this device.
VIEW = PrivateCookie("__Host-insights-view", "insights_view")
VIEW_KEPT_SECONDS = 365 * 24 * 3600


@blueprint.get("/library")
def library() -> Response:
    """The list with its filters and search; a wrong filter is named beside its field and left out.

    A text that can't be understood is not left out, as all insights would look like what was found: nothing is shown.
    """
    arguments, errors, given = filters_of()
    audience = current_actor().audience
    typed = Typed.of((given["q"] or "").strip(), now(), errors.get("q"))
    if typed.problems:
        errors["q"] = typed.problems[0].message
    result = _nothing(arguments) if typed.problems else _found(arguments, errors)
    filters, narrow = given | arguments, bool(result["total"] and result.get("facets"))
    every_filter = not narrow or bool(errors.keys() - {"q"})
    categories = category_options(audience) if every_filter or "category_id" in arguments else []
    tags = _tags(audience, arguments, TAGS_SHOWN if every_filter else 0)
    page = render_template(
        "library/list.html",
        result=result,
        facets=facets_of(result["facets"], filters, typed) if narrow else [],
        filters=filters,
        errors=errors,
        typed=typed,
        kept=typed.kept(arguments, categories, tags),
        every_filter=every_filter,
        categories=categories,
        tags=tags,
        deepest=DEEPEST,
        view=arguments.get("view") or _usual_view(),
        **CHOICES,
    )
    return _remembering(arguments.get("view"), make_response(page))


@blueprint.get("/library/filters")
def all_filters() -> str:
    """Every filter with all that it can be set to: hundreds of names, which the list has only where it needs them."""
    arguments, errors, given = filters_of()
    audience = current_actor().audience
    return render_template(
        "library/filters.html",
        filters=given | arguments,
        errors=errors,
        categories=category_options(audience),
        tags=_tags(audience, arguments, TAGS_SHOWN),
        **CHOICES,
    )


def _tags(audience: Audience, arguments: dict[str, Any], most: int) -> list[dict[str, Any]]:
    """Those in force, and the most used."""
    chosen = arguments.get("tag_ids") or ()
    tags: list[dict[str, Any]] = json.loads(most_used_tags_json(audience, most, chosen)) if most or chosen else []
    return tags


def _usual_view() -> str:
    """As it was chosen last."""
    return next((view for view in VIEWS if view == VIEW.value()), VIEWS[0])


def _remembering(chosen: str | None, response: Response) -> Response:
    if chosen and chosen != _usual_view():
        VIEW.keep(response, chosen, seconds=VIEW_KEPT_SECONDS)
    return response


def _nothing(arguments: dict[str, Any]) -> dict[str, Any]:
    return {"total": 0, "page": 1, "page_size": arguments["page_size"], "matched": None, "insights": []}


def _found(arguments: dict[str, Any], errors: dict[str, str]) -> Any:
    """The page that is asked for, without what turns out to be wrong: that is told in ``errors``."""
    page, page_size = arguments["page"], arguments["page_size"]
    portion = Portion(page, page_size, (page - 1) * page_size)
    wishes = Wishes(facets=True, exact_total=current_app.config["SEARCH_EXACT_TOTAL"])
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
