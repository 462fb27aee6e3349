"""Parts of a page that the editor asks for while somebody writes."""

import json

from flask import Blueprint, render_template, request

from app.capture.schemas import PreviewForm, loaded
from app.core.markdown import render
from app.identity.acting import current_actor
from app.insights.models import TITLE_LENGTH
from app.search.queries.similar import similar_json

blueprint = Blueprint("capture_fragments", __name__)
SIMILAR_SHOWN = 5
# Fewer letters say nothing of what is meant.
LEAST_TITLE = 4


@blueprint.post("/library/preview")
def preview() -> str:
    """What the page of an insight will show of this content."""
    content = request.form.get("content", "")
    return render(loaded(PreviewForm(), {"content": content}).get("content") or "").html


@blueprint.get("/library/similar")
def similar() -> str:
    """Insights that may say the same; nothing when there are none."""
    title = request.args.get("title", "").strip()[:TITLE_LENGTH]
    if len(title) < LEAST_TITLE or "\x00" in title:
        return ""
    found = json.loads(similar_json(current_actor().audience, title, "", SIMILAR_SHOWN))["insights"]
    return render_template("capture/similar.html", similar=found)
