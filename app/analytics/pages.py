"""``/``: the overview."""

import json

from flask import Blueprint, render_template

from app.analytics.queries.overview import MOST_COUNTED, OLD_DRAFT_DAYS, overview
from app.analytics.queries.statistics import statistics_json
from app.core.clock import iso_utc, now
from app.identity.acting import current_actor
from app.taxonomy.queries.categories import categories_json
from app.taxonomy.queries.tags import most_used_tags_json

blueprint = Blueprint("overview", __name__)
TAGS_SHOWN = 30


@blueprint.get("/")
def home() -> str:
    """Figures, activity, what needs attention, newest insights, most used tags. The page asks for itself again while
    it is looked at, and takes its figures."""
    actor, moment = current_actor(), now()
    audience = actor.audience
    return render_template(
        "overview/home.html",
        as_of=iso_utc(moment),
        statistics=json.loads(statistics_json(audience)),
        overview=overview(audience, actor.user_id, moment),
        categories=json.loads(categories_json(audience)),
        tags=json.loads(most_used_tags_json(audience, TAGS_SHOWN)),
        most_counted=MOST_COUNTED,
        old_days=OLD_DRAFT_DAYS,
    )
