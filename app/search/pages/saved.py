"""``/searches``: searches with a name."""

import json
from typing import Any

from flask import Blueprint, render_template, request
from werkzeug import Response

from app.core.db import transact
from app.identity.acting import current_actor
from app.identity.guard import identity_settings
from app.identity.pages.forms import Form
from app.identity.pages.notices import done
from app.search.commands.saving import (
    delete_saved_search,
    make_feed_key,
    revoke_feed_key,
    save_search,
    update_saved_search,
)
from app.search.policy import owns
from app.search.queries.saved import saved_search_json, saved_searches_json, seen_search
from app.search.schemas.forms import ChangeForm, SaveForm, VersionForm

blueprint = Blueprint("searches", __name__)
MOST_SHOWN = 1_000


@blueprint.get("/searches")
def show() -> Response:
    """One's own and those that others share, and a form for another one."""
    return _list(Form())


@blueprint.post("/searches")
def save() -> Response:
    """Save a search."""
    form = Form.sent(SaveForm())
    with form:
        transact(save_search, form.load())
        return done("/searches", "search-saved")
    return _list(form)


@blueprint.get("/searches/<int:saved_id>")
def show_one(saved_id: int) -> Response:
    """One of them, to be changed."""
    return _one(Form(), saved_id)


@blueprint.post("/searches/<int:saved_id>")
def change(saved_id: int) -> Response:
    """Change the name, the text, and who finds it."""
    form = Form.sent(ChangeForm())
    with form:
        given = form.load()
        version = given.pop("version")
        transact(update_saved_search, saved_id, given, version)
        return done(f"/searches/{saved_id}", "search-changed")
    return _one(form, saved_id)


@blueprint.post("/searches/<int:saved_id>/delete")
def delete(saved_id: int) -> Response:
    """Delete it, as it was shown."""
    form = Form.sent(VersionForm())
    with form:
        transact(delete_saved_search, saved_id, form.load()["version"])
        return done("/searches", "search-deleted")
    return _one(form, saved_id)


@blueprint.post("/searches/<int:saved_id>/feed-key")
def new_feed_key(saved_id: int) -> str:
    """Make a key for the feed, and show it this once."""
    key = transact(make_feed_key, saved_id)
    saved = _saved(saved_id)
    here = (identity_settings().public_url or request.url_root).rstrip("/")
    return render_template("search/feed_key.html", saved=saved, address=f"{here}{saved['feed']}?key={key}")


@blueprint.post("/searches/<int:saved_id>/feed-key/revoke")
def no_feed_key(saved_id: int) -> Response:
    """Let the feed's key open nothing any more."""
    transact(revoke_feed_key, saved_id)
    return done(f"/searches/{saved_id}", "feed-key-revoked")


def _list(form: Form) -> Response:
    found: list[dict[str, Any]] = json.loads(saved_searches_json(current_actor(), 0, MOST_SHOWN))
    return form.page("search/saved_searches.html", saved=found)


def _one(form: Form, saved_id: int) -> Response:
    """A form that was refused keeps what was typed, and takes the version that is stored now."""
    saved = _saved(saved_id)
    shown = saved | ({"shared": False} if form.typed else {}) | form.typed | {"version": saved["version"]}
    mine = owns(current_actor(), seen_search(current_actor(), saved_id))
    return form.page("search/saved_search.html", saved=saved, shown=shown, mine=mine)


def _saved(saved_id: int) -> dict[str, Any]:
    saved: dict[str, Any] = json.loads(saved_search_json(current_actor(), saved_id).body)
    return saved
