"""``/library/trash``: what was deleted, until it is purged."""

import json
from contextlib import suppress
from typing import Any

from flask import Blueprint, current_app, render_template, request
from markupsafe import Markup
from werkzeug import Response

from app.core.db import transact
from app.core.http.filters import given_filters
from app.core.http.pages import insight_path
from app.core.http.problems import domain_error
from app.core.markdown import render
from app.errors import NotFound
from app.identity.acting import current_actor
from app.identity.pages.forms import Form
from app.identity.pages.notices import done
from app.identity.permissions import Permission
from app.insights.commands.trashing import purge_insight, purge_trash, restore_insight
from app.insights.queries.trash import trash_json, trashed_json
from app.insights.schemas import TrashSchema, VersionForm

blueprint = Blueprint("trash_pages", __name__)
TRASH = "/library/trash"
ITEM = f"{TRASH}/<int:insight_id>"
# Of the pages of an insight, which of them is asked for doesn't matter.
LOST_FROM = "/library/<named:insight_id>"


@blueprint.get(TRASH)
def show() -> Response:
    """What one may bring back, what was deleted last first."""
    return _list(Form())


@blueprint.get(ITEM)
def show_one(insight_id: int) -> Response:
    """One of them, to read before it is brought back or goes for good."""
    return _one(Form(), insight_id)


@blueprint.post(f"{ITEM}/restore")
def restore(insight_id: int) -> Response:
    """Bring it back, as it was."""
    form = Form.sent(VersionForm())
    with form:
        title = _trashed(insight_id)["title"]
        transact(restore_insight, insight_id, form.load()["version"])
        return done(insight_path({"id": insight_id, "title": title}), "restored")
    return _one(form, insight_id)


@blueprint.get(f"{ITEM}/purge")
def ask_to_purge(insight_id: int) -> Response:
    """What would go for good."""
    return Form().page("trash/purge.html", insight=_trashed(insight_id))


@blueprint.post(f"{ITEM}/purge")
def purge(insight_id: int) -> Response:
    """Delete it for good, as it was shown."""
    form = Form.sent(VersionForm())
    with form:
        transact(purge_insight, insight_id, form.load()["version"])
        return done(TRASH, "purged")
    return form.page("trash/purge.html", insight=_trashed(insight_id))


@blueprint.get(f"{TRASH}/empty")
def ask_to_empty() -> str:
    """How much would go for good."""
    return render_template("trash/empty.html", total=_page(1, 1)["total"])


@blueprint.post(f"{TRASH}/empty")
def empty() -> Response:
    """Delete everything in the trash for good."""
    return done(TRASH, "trash-emptied", n=transact(purge_trash))


@blueprint.app_errorhandler(NotFound)
def not_found(error: NotFound) -> Any:
    """Who misses an insight that is in the trash, and may bring it back, is told so."""
    rule = request.url_rule.rule if request.url_rule else ""
    if request.method == "GET" and rule.startswith(LOST_FROM) and current_actor().may(Permission.KNOWN):
        with suppress(NotFound):
            trashed = _trashed((request.view_args or {})["insight_id"])
            return render_template("trash/missed.html", insight=trashed), 404
    return domain_error(error)


def _list(form: Form) -> Response:
    arguments, _, _ = given_filters(TrashSchema())
    result = _page(arguments["page"], arguments["page_size"])
    return form.page("trash/trash.html", result=result, days=current_app.config["TRASH_DAYS"])


def _one(form: Form, insight_id: int) -> Response:
    """A form that was refused is shown with the version that is stored now."""
    insight = _trashed(insight_id)
    content = Markup(render(insight["content"]).html) if insight["content"] else None  # noqa: S704  # sanitised by render()
    return form.page("trash/insight.html", insight=insight, content_html=content)


def _page(page: int, page_size: int) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(trash_json(current_actor(), current_app.config["TRASH_DAYS"], page, page_size))
    return found


def _trashed(insight_id: int) -> dict[str, Any]:
    days = current_app.config["TRASH_DAYS"]
    found: dict[str, Any] = json.loads(trashed_json(current_actor(), days, insight_id))
    return found
