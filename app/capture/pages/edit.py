"""``/library/{id}-{slug}/edit``: change a stored insight."""

import json
import re
from http import HTTPStatus
from typing import Any
from uuid import UUID

from flask import Blueprint, request
from werkzeug import Response

from app.capture.commands.saving import save_changes
from app.capture.pages.conflict import asked_again, conflict_page, settled, undecided
from app.capture.pages.form import LABELS, beginning, capture_page, empty_form, new_copy, sent_copy, sent_texts
from app.capture.pages.refused import keep_refused
from app.capture.queries.copies import copy_of_insight_json
from app.capture.queries.versions import changeable
from app.capture.typed import Texts, texts_of
from app.core.db import transact
from app.core.http.keeping import keeps_typed
from app.core.http.pages import insight_path
from app.core.http.uploads import takes_longer_forms
from app.errors import DomainError, Forbidden, NotFound, Stale
from app.identity.acting import current_actor, require
from app.identity.pages.notices import done
from app.insights.commands.writing import CHANGING
from app.insights.queries.item import insight_json

blueprint = Blueprint("edit", __name__)
VERSION = re.compile("[0-9]{1,9}")
# The page of a conflict sends both texts and what becomes of them, which may be as long as they together.
SIDES = 4
GONE = "Nothing was saved: {} What you typed is below; saving it now makes a new insight of it."


@blueprint.get("/library/<named:insight_id>/edit")
def ask(insight_id: int) -> Response:
    """The form with what is stored, or with what the actor wrote and did not save: going on is the way on which
    nothing is lost."""
    kept = json.loads(copy_of_insight_json(current_actor(), insight_id) or b"null")
    try:
        require(changeable(current_actor(), insight_id), CHANGING)
    except (NotFound, Forbidden) as error:
        if kept is None:
            raise
        return _as_new(kept["fields"], UUID(kept["id"]), error)
    return _page(_stored(insight_id), kept)


@blueprint.post("/library/<named:insight_id>/edit")
@keeps_typed(LABELS)
@takes_longer_forms(SIDES)
def change(insight_id: int) -> Response:
    """Save what was typed. When others saved meanwhile, both are shown; when it can't be changed any more, it can
    become a new insight."""
    texts, copy_id = settled(sent_texts()), sent_copy()
    version = _version()
    form = empty_form(texts)
    with form:
        try:
            return _save(insight_id, texts, version, copy_id)
        except (NotFound, Forbidden) as error:
            keep_refused(copy_id, texts)
            return _as_new(texts, copy_id, error)
        except Stale:
            keep_refused(copy_id, texts, insight_id, version)
            return conflict_page(_stored(insight_id), texts, version, copy_id)
    keep_refused(copy_id, texts, insight_id, version)
    return capture_page(form, copy_id=copy_id, insight=_stored(insight_id) | {"version": version})


def _save(insight_id: int, texts: Texts, version: int, copy_id: UUID) -> Response:
    if undecided():
        return asked_again(_stored(insight_id), sent_texts(), _version("base"), version, copy_id)
    written, insight = transact(save_changes, insight_id, texts, version, copy_id)
    return done(insight_path(insight), "saved" if written else "unchanged")


def _page(stored: dict[str, Any], kept: dict[str, Any] | None) -> Response:
    texts = texts_of(stored)
    if kept is None:
        return capture_page(empty_form(texts), copy_id=new_copy(), insight=stored)
    begun = stored | {"version": kept["base_version"]}
    return capture_page(empty_form(texts | kept["fields"]), copy_id=UUID(kept["id"]), insight=begun, waiting=kept)


def _as_new(texts: Texts, copy_id: UUID, error: DomainError) -> Response:
    """The insight is gone, or somebody else's by now: what was typed stays."""
    left_out = ("status", "message")
    form = empty_form(beginning() | {name: text for name, text in texts.items() if name not in left_out})
    form.status, form.message = HTTPStatus.CONFLICT, GONE.format(error.detail)
    return capture_page(form, copy_id=copy_id)


def _version(name: str = "version") -> int:
    """The version that the form was made from (on the page of a conflict, ``base``: that somebody began with); 0, which
    no insight has, when it doesn't say."""
    version = request.form.get(name, "")
    return int(version) if VERSION.fullmatch(version) else 0


def _stored(insight_id: int) -> dict[str, Any]:
    stored: dict[str, Any] = json.loads(insight_json(current_actor().audience, insight_id).body)
    return stored
