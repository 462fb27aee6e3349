"""``/library/bulk``: one act on the insights that were marked in a list, or on all that it lists."""

from typing import Any

from flask import Blueprint, Response
from marshmallow import ValidationError
from werkzeug import Response as Redirect

from app.core.db import transact
from app.core.fields import flatten
from app.curation.commands.bulk import NOT_FOUND, change_many, preview
from app.curation.forms import BulkForm, act
from app.curation.models import Action
from app.errors import Invalid
from app.identity.acting import current_actor
from app.identity.pages.forms import Form
from app.identity.pages.notices import done
from app.insights.models import Priority
from app.search.pages.places import Place
from app.taxonomy.queries.categories import category_options

blueprint = Blueprint("bulk_pages", __name__)


@blueprint.post("/library/bulk")
def change() -> Response | Redirect:
    """What was marked on one page is done at once; the trash, and all that a list finds, are asked about first."""
    form = Form.sent(BulkForm())
    place = Place.of(str(form.typed.get("place", "")))
    with form:
        given = form.load()
        wanted = _wanted(given, place)
        if given["confirmed"] or not (given["all"] or given["action"] == Action.TRASH):
            return _done(place, wanted)
        return _page(form, place, figures=transact(preview, wanted), wanted=wanted)
    return _page(form, place)


def _wanted(given: dict[str, Any], place: Place) -> dict[str, Any]:
    try:
        return act(given, place.filter)
    except ValidationError as error:
        raise Invalid.because(flatten(error.normalized_messages(), "body")) from error  # type: ignore[no-untyped-call]


def _done(place: Place, wanted: dict[str, Any]) -> Redirect:
    outcome = transact(change_many, wanted)
    if outcome["receipt_id"] is None:
        return done(place.address, "nothing")
    forbidden, missing = _left(outcome, outcome["changed"])
    notice = {"n": outcome["changed"], "left": forbidden + missing or None, "receipt": outcome["receipt_id"]}
    return done(place.address, f"bulk-{wanted['action']}", **notice)


def _page(
    form: Form, place: Place, figures: dict[str, Any] | None = None, wanted: dict[str, Any] | None = None
) -> Response:
    """Asks before it is done when there are ``figures``; else asks for what is missing."""
    forbidden, missing = _left(figures, figures["would_change"]) if figures else (0, 0)
    named = form.typed.get("action") == Action.RECATEGORISE
    return form.page(
        "library/bulk.html",
        place=place.address,
        figures=figures,
        wanted=wanted,
        forbidden=forbidden,
        missing=missing,
        categories=category_options(current_actor().audience) if named else [],
        priorities=tuple(Priority),
    )


def _left(figures: dict[str, Any], changed: int) -> tuple[int, int]:
    """How many are not the actor's to change, and how many aren't there any more."""
    missing = sum(each["reason"] == NOT_FOUND for each in figures["skipped"])
    return figures["matched"] - changed - figures["unchanged"], missing
