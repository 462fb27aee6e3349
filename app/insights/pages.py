"""``/library`` and ``/library/{id}``: insights for people."""

import json

from flask import Blueprint, render_template
from markupsafe import Markup

from app.core.http.filters import given_filters
from app.core.markdown import render
from app.identity.acting import current_actor
from app.identity.permissions import Visibility
from app.insights.models import Priority, Status
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
    arguments, errors, typed = given_filters(LibrarySchema(), lists=("tag_ids",))
    page, page_size = arguments["page"], arguments["page_size"]
    wanted = InsightFilter.of({**arguments, "query": arguments.get("q")})
    audience = current_actor().audience
    return render_template(
        "insights/library.html",
        result=json.loads(insights_json(audience, wanted, page, page_size)),
        filters=typed | arguments,
        errors=errors,
        categories=category_options(audience),
        tags=json.loads(most_used_tags_json(audience, TAGS_SHOWN, arguments.get("tag_ids", ()))),
        **CHOICES,
    )


@blueprint.get("/library/<int:insight_id>")
def insight(insight_id: int) -> str:
    """One insight with its rendered content."""
    stored = json.loads(insight_json(current_actor().audience, insight_id).body)
    content = render(stored["content"]) if stored["content"] else None
    return render_template(
        "insights/detail.html",
        insight=stored,
        content_html=Markup(content.html) if content else None,  # noqa: S704  # sanitised by render()
        toc=content.headings if content else (),
    )
