"""``/``: the overview."""

import json

from flask import Blueprint, render_template

from app.analytics.queries.statistics import statistics_json
from app.core.clock import iso_utc, now
from app.identity.acting import current_actor
from app.taxonomy.queries.categories import categories_json
from app.taxonomy.queries.tags import most_used_tags_json

blueprint = Blueprint("overview", __name__)
TAGS_SHOWN = 30


@blueprint.get("/")
def home() -> str:
    """Figures, newest insights, most used tags."""
    audience = current_actor().audience
    return render_template(
        "insights/home.html",
        as_of=iso_utc(now()),
        statistics=json.loads(statistics_json(audience)),
        categories=json.loads(categories_json(audience)),
        tags=json.loads(most_used_tags_json(audience, TAGS_SHOWN)),
    )
