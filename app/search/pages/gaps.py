"""``/searches/gaps``: what people searched for and did not find."""

import json

from flask import Blueprint, render_template

from app.core.http.filters import given_filters
from app.search.queries.gaps import gaps_json
from app.search.schemas.log import GapsSchema

blueprint = Blueprint("gaps", __name__)


@blueprint.get("/searches/gaps")
def show() -> str:
    """The most wanted first."""
    arguments, errors, typed = given_filters(GapsSchema())
    found = json.loads(gaps_json(arguments["days"], arguments["limit"]))
    return render_template("search/gaps.html", found=found, filters=typed | arguments, errors=errors)
