"""Others saved while somebody wrote: the page that shows yours, theirs and both together, and what is chosen there.

For a field in which both meet the form holds ``yours_<field>``, ``theirs_<field>``, ``merged_<field>`` and the choice
between them, ``take_<field>``.
"""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any
from uuid import UUID

from flask import Response, make_response, render_template, request

from app.capture.merging import marked, put_together, told_apart
from app.capture.models import FIELDS
from app.capture.pages.form import LABELS
from app.capture.queries.versions import texts_in
from app.capture.typed import LONG, Texts, as_shown, texts_of
from app.identity.acting import current_actor
from app.taxonomy.queries.categories import category_options

CHOICES = ("yours", "theirs", "merged")


def settled(texts: Texts) -> dict[str, str]:
    """The texts with what was chosen. A field of which nothing was chosen is as its writer had it."""
    chosen = {name: _chosen(name) for name in FIELDS if f"yours_{name}" in request.form}
    return {**texts, **as_shown({name: request.form.get(f"{choice}_{name}", "") for name, choice in chosen.items()})}


def undecided() -> dict[str, str]:
    """What is left to do on the page of a conflict, by the field."""
    found: dict[str, str] = {}
    for name in FIELDS:
        if f"yours_{name}" not in request.form:
            continue
        choice = request.form.get(f"take_{name}")
        if choice not in CHOICES:
            found[name] = "choose one of them"
        elif choice == "merged" and _still_marked(name):
            found[name] = "a place still stands there twice: keep one, and take out the lines that mark it"
    return found


def conflict_page(stored: Mapping[str, Any], texts: Texts, version: int, copy_id: UUID) -> Response:
    """Yours (``texts``, begun with ``version``) and what is ``stored`` now. Saving from there names the stored version,
    so a third one isn't overwritten either."""
    audience = current_actor().audience
    outcome = put_together(texts_in(audience, stored["id"], version), texts, texts_of(stored))
    page = render_template(
        "capture/conflict.html",
        insight=stored,
        copy_id=copy_id,
        base=version,
        outcome=outcome,
        errors=undecided(),
        typed=request.form,
        labels=LABELS,
        long=LONG,
        told_apart=told_apart,
        categories={str(each["id"]): each["name"] for each in category_options(audience)},
    )
    return make_response(page, HTTPStatus.CONFLICT)


def _chosen(name: str) -> str:
    choice = request.form.get(f"take_{name}", "")
    return choice if choice in CHOICES else "yours"


def _still_marked(name: str) -> bool:
    """Marks that somebody wrote about are no marks of ours."""
    own = any(marked(request.form.get(f"{whose}_{name}", "")) for whose in ("yours", "theirs"))
    return not own and marked(request.form.get(f"merged_{name}", ""))
