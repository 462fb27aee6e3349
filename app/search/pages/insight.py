"""``/library/{id}-{slug}``: one insight for people, and the same as Markdown."""

import json
from typing import Any

from flask import Blueprint, Response, render_template, request
from markupsafe import Markup

from app.core.markdown import render
from app.identity.acting import current_actor
from app.identity.guard import identity_settings
from app.insights.queries.changing import may_change_now
from app.insights.queries.item import insight_json
from app.search.noting import note_opened
from app.search.queries.backlinks import backlinks
from app.search.queries.related import related_json

blueprint = Blueprint("insight", __name__)
RELATED_SHOWN = 5
BACKLINKS_SHOWN = 20


@blueprint.get("/library/<named:insight_id>")
def show(insight_id: int) -> str:
    """One insight with its rendered content, those that link to it, and others that have to do with it."""
    actor = current_actor()
    stored = _stored(insight_id)
    note_opened(insight_id)
    content = render(stored["content"]) if stored["content"] else None
    return render_template(
        "insights/detail.html",
        insight=stored,
        content=content,
        content_html=Markup(content.html) if content else None,  # noqa: S704  # sanitised by render()
        may_change=may_change_now(actor, insight_id, stored["status"]),
        backlinks=backlinks(actor.audience, insight_id, _site(), BACKLINKS_SHOWN),
        related=json.loads(related_json(actor.audience, insight_id, RELATED_SHOWN))["insights"],
    )


@blueprint.get("/library/<named:insight_id>.md")
def markdown(insight_id: int) -> Response:
    """What people wrote, as they wrote it: to be pasted elsewhere, or saved with ``?download``."""
    stored = _stored(insight_id)
    parts = (f"# {' '.join(stored['title'].split())}", stored["description"], stored["content"])
    text = "\n\n".join(part.strip("\n") for part in parts if part)
    response = Response(f"{text}\n", content_type="text/plain; charset=utf-8")
    if "download" in request.args:
        response.headers["Content-Disposition"] = f'attachment; filename="insight-{insight_id}.md"'
    return response


def _stored(insight_id: int) -> dict[str, Any]:
    stored: dict[str, Any] = json.loads(insight_json(current_actor().audience, insight_id).body)
    return stored


def _site() -> str:
    return (identity_settings().public_url or request.url_root).rstrip("/")
