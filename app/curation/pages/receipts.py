"""``/acts``: who did what to how many, and the way back."""

import json
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from flask import Blueprint, render_template, request
from werkzeug import Response

from app.core.db import transact
from app.core.http.filters import given_filters
from app.curation.commands.undoing import undo_receipt
from app.curation.models import UNDO, Action
from app.curation.queries.acts import act_json, acts_json
from app.curation.schemas import ReceiptPageSchema
from app.identity.acting import current_actor
from app.identity.pages.forms import Form
from app.identity.pages.notices import done
from app.identity.redirects import local_path

blueprint = Blueprint("acts", __name__)
OF_INSIGHTS = frozenset(Action)


@blueprint.get("/acts")
def show() -> str:
    """One's own, newest first; editors see everybody's."""
    arguments, _, _ = given_filters(ReceiptPageSchema())
    found = json.loads(acts_json(current_actor(), arguments["page"], arguments["page_size"]))
    return render_template("acts/acts.html", result=found)


@blueprint.get("/acts/<uuid:receipt_id>")
def show_one(receipt_id: UUID) -> Response:
    """One of them: what was asked for, and what became of it."""
    return _one(Form(), receipt_id)


@blueprint.post("/acts/<uuid:receipt_id>/undo")
def undo(receipt_id: UUID) -> Response:
    """Undo it, or undo an undoing; then back to where the button was."""
    form = Form()
    with form:
        undoing, outcome = transact(undo_receipt, receipt_id)
        return _undone(receipt_id, undoing, outcome)
    return _one(form, receipt_id)


def _undone(receipt_id: UUID, undoing: UUID | None, outcome: Mapping[str, Any]) -> Response:
    """What could not be undone is told where its reasons are."""
    if undoing is None:
        return done(f"/acts/{receipt_id}", "undone-nothing", left=len(outcome["left"]))
    act = json.loads(act_json(current_actor(), receipt_id))
    back = local_path(request.form.get("next")) if request.form.get("next") else f"/acts/{undoing}"
    again = "redone" if act["action"] == UNDO else "undone"
    if "insights" not in outcome:  # what was done to a tag or category is undone once and for all
        return done(back, again, left=len(outcome["left"]) or None)
    figures = {"n": outcome["reverted"], "left": len(outcome["left"]) or None}
    return done(back, f"{again}-insights", **figures, receipt=undoing)


def _one(form: Form, receipt_id: UUID) -> Response:
    return form.page("acts/act.html", act=json.loads(act_json(current_actor(), receipt_id)))
