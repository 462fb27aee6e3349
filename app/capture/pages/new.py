"""``/library/new``: a new insight."""

import json
from http import HTTPStatus
from typing import Any
from uuid import UUID

from flask import Blueprint, request
from werkzeug import Response

from app.capture.commands.saving import save_new
from app.capture.pages.form import (
    LABELS,
    beginning,
    capture_page,
    empty_form,
    new_copy,
    sent_copy,
    sent_texts,
)
from app.capture.pages.refused import keep_refused
from app.capture.queries.copies import copy_json, unsaved
from app.capture.queries.templates import beginnings, chosen
from app.core.db import transact
from app.core.http.keeping import keeps_typed
from app.core.http.pages import insight_path
from app.errors import Forbidden, Refused
from app.identity.acting import current_actor
from app.identity.pages.forms import Form
from app.identity.pages.notices import done
from app.insights.models import Status

blueprint = Blueprint("capture", __name__)


@blueprint.get("/library/new")
def ask() -> Response:
    """The form: empty, begun with a template (``?template=``), or with what was not saved (``?copy=``)."""
    if copy_id := request.args.get("copy", type=UUID):
        kept = json.loads(copy_json(current_actor(), copy_id))
        return _page(empty_form(beginning() | kept["fields"]), copy_id)
    texts = beginning() | chosen(current_actor(), request.args.get("template"))
    return _page(empty_form(texts), new_copy())


@blueprint.post("/library/new")
@keeps_typed(LABELS)
def create() -> Response:
    """Save what was typed, as a draft or published."""
    texts, copy_id = sent_texts(), sent_copy()
    form = empty_form(texts)
    with form:
        try:
            insight = transact(save_new, texts, copy_id)
        except Forbidden as error:  # to publish, by who no longer may: the form is still there, and asks less
            raise Refused(error.detail) from error
        code = "published" if texts.get("status") == Status.PUBLISHED else "captured"
        return done(insight_path(insight), code)
    keep_refused(copy_id, texts)
    return _page(form, copy_id)


def _page(form: Form, copy_id: UUID) -> Response:
    begun = form.status == HTTPStatus.OK and not request.args.get("copy")
    waiting: list[dict[str, Any]] = unsaved(current_actor()) if begun else []
    return capture_page(form, copy_id=copy_id, unsaved=waiting, beginnings=beginnings(current_actor()) if begun else ())
