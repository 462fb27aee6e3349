"""Others saved while somebody wrote: the page that shows yours, theirs and both together, and what is chosen there.

For a field in which both meet the form holds ``yours_<field>``, ``theirs_<field>``, ``merged_<field>`` and the choice
between them, ``take_<field>``.
"""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any
from uuid import UUID

from flask import Response, make_response, render_template, request

from app.capture.merging import Meeting, Outcome, marked, put_together, told_apart
from app.capture.models import FIELDS
from app.capture.pages.form import LABELS
from app.capture.queries.versions import texts_in
from app.capture.typed import LONG, Texts, as_shown, texts_of
from app.identity.acting import current_actor
from app.taxonomy.queries.categories import category_options

CHOICES = ("yours", "theirs", "merged")
EMPTY: Mapping[str, str] = {}


def settled(texts: Texts) -> dict[str, str]:
    """The texts with what was chosen. A field of which nothing was chosen is as its writer had it."""
    return {**texts, **{name: _sent(_choice(name) or "yours", name) or "" for name in _met()}}


def undecided() -> dict[str, str]:
    """What is left to do on the page of a conflict, by the field."""
    found: dict[str, str] = {}
    for name in _met():
        choice = _choice(name)
        if choice is None:
            found[name] = "choose one of them"
        elif choice == "merged" and _still_marked(name):
            found[name] = "a place still stands there twice: keep one, and take out the lines that mark it"
    return found


def conflict_page(stored: Mapping[str, Any], texts: Texts, version: int, copy_id: UUID) -> Response:
    """Yours (``texts``, begun with ``version``) and what is ``stored`` now. Saving from there names the stored version,
    so a third one isn't overwritten either."""
    before = texts_in(current_actor().audience, stored["id"], version)
    return _page(stored, put_together(before, texts, texts_of(stored)), base=version, copy_id=copy_id)


def asked_again(stored: Mapping[str, Any], texts: Texts, base: int, version: int, copy_id: UUID) -> Response:
    """The page as it was sent, both sides and what was done so far, with what is `undecided`. It still names the
    ``version`` that it showed: what others saved since is no part of it."""
    taken = [name for name in request.form.getlist("taken") if name in texts]
    outcome = Outcome(dict(texts), taken, [_meeting(name) for name in _met()])
    shown = {**stored, "version": version}
    choices = {name: _choice(name) for name in _met()}
    return _page(shown, outcome, base=base, copy_id=copy_id, choices=choices, errors=undecided())


def _page(
    stored: Mapping[str, Any],
    outcome: Outcome,
    *,
    base: int,
    copy_id: UUID,
    choices: Mapping[str, str | None] = EMPTY,
    errors: Mapping[str, str] = EMPTY,
) -> Response:
    page = render_template(
        "capture/conflict.html",
        insight=stored,
        copy_id=copy_id,
        base=base,
        outcome=outcome,
        choices=choices,
        errors=errors,
        labels=LABELS,
        long=LONG,
        told_apart=told_apart,
        categories={str(each["id"]): each["name"] for each in category_options(current_actor().audience)},
    )
    return make_response(page, HTTPStatus.CONFLICT)


def _met() -> list[str]:
    """The fields of which the form holds both sides."""
    return [name for name in FIELDS if f"yours_{name}" in request.form]


def _choice(name: str) -> str | None:
    choice = request.form.get(f"take_{name}")
    return choice if choice in CHOICES else None


def _sent(side: str, name: str) -> str | None:
    text = request.form.get(f"{side}_{name}")
    return None if text is None else as_shown({name: text})[name]


def _meeting(name: str) -> Meeting:
    merged = _sent("merged", name)
    clean = merged is not None and not _still_marked(name)
    return Meeting(name, _sent("yours", name) or "", _sent("theirs", name) or "", merged, clean)


def _still_marked(name: str) -> bool:
    """Marks that somebody wrote about are no marks of ours."""
    own = any(marked(_sent(whose, name) or "") for whose in ("yours", "theirs"))
    return not own and marked(_sent("merged", name) or "")
