"""Forms whose text must not be lost: whatever goes wrong, the answer carries what was typed."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import ParamSpec, TypeVar

from flask import current_app, request
from werkzeug.exceptions import HTTPException

from app.core.http.cross_site import from_another_site

P = ParamSpec("P")
T = TypeVar("T")

_FIELDS = "fields_kept"


@dataclass(frozen=True, slots=True)
class Kept:
    """What was typed: the fields that people see (name, what it is called, text), and the others."""

    shown: Sequence[tuple[str, str, str]]
    hidden: Sequence[tuple[str, str]]


def keeps_typed(fields: Mapping[str, str]) -> Callable[[Callable[P, T]], Callable[P, T]]:
    """A view whose form is shown again on the page of an error, to be copied or sent once more. ``fields``: what those
    that people see are called."""

    def mark(view: Callable[P, T]) -> Callable[P, T]:
        setattr(view, _FIELDS, fields)
        return view

    return mark


def kept() -> Kept | None:
    """What was typed into the form of this request; None where nothing is kept, or it is not ours."""
    view = current_app.view_functions.get(request.endpoint or "")
    labels: Mapping[str, str] | None = getattr(view, _FIELDS, None)
    if labels is None or request.method != "POST" or from_another_site():
        return None
    try:
        sent = [(name, text) for name, text in request.form.items(multi=True) if name != "csrf_token"]
    except HTTPException:  # it was too large to be read
        return None
    shown = [(name, labels[name], text) for name, text in sent if name in labels and text]
    return Kept(shown, [(name, text) for name, text in sent if name not in labels])
