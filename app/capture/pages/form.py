"""The capture form: what it shows, and what was sent with it."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import uuid_utils.compat as uuid
from flask import Response, request

from app.capture.models import FIELDS
from app.capture.schemas import CaptureForm
from app.capture.typed import Texts, as_shown
from app.identity.acting import current_actor
from app.identity.actor import Kind
from app.identity.pages.forms import Form
from app.identity.permissions import Permission, Visibility
from app.identity.queries.users import user
from app.insights.models import AUTHOR_LENGTH, MESSAGE_LENGTH, SOURCE_LENGTH, TITLE_LENGTH, Priority, Status
from app.insights.schemas import TEXT_LENGTH
from app.taxonomy.queries.categories import category_options

LABELS = {
    "title": "Title",
    "description": "In one line",
    "content": "Content",
    "category_id": "Category",
    "tags": "Tags",
    "author": "Author",
    "source": "Source",
    "priority": "Priority",
    "status": "Status",
    "visibility": "Visibility",
    "message": "What you changed, and why",
}
LONGEST = {
    "title": TITLE_LENGTH,
    "description": TEXT_LENGTH,
    "content": TEXT_LENGTH,
    "author": AUTHOR_LENGTH,
    "source": SOURCE_LENGTH,
    "message": MESSAGE_LENGTH,
}
BEGINNING = {"priority": Priority.MEDIUM, "status": Status.DRAFT, "visibility": Visibility.INTERNAL}
# What is quick to write; and what opens "More" with something in it.
TOP = ("title", "description", "category_id", "tags")
MORE = ("content", "source")


def sent_texts() -> dict[str, str]:
    """What was typed; publishing is a button of its own."""
    typed = as_shown({name: request.form[name] for name in FIELDS if name in request.form})
    return typed | ({"status": Status.PUBLISHED} if request.form.get("act") == "publish" else {})


def sent_copy() -> UUID:
    """The working copy of the form that was sent; a new one when it names none."""
    try:
        return UUID(request.form.get("copy", ""))
    except ValueError:
        return new_copy()


def new_copy() -> UUID:
    """The id of a working copy that is not there yet."""
    return uuid.uuid7()


def beginning() -> dict[str, str]:
    """What a new form holds before anybody types."""
    return {**dict.fromkeys(FIELDS, ""), **BEGINNING, "author": _own_name()}


def capture_page(form: Form, *, copy_id: UUID, insight: Mapping[str, Any] | None = None, **values: Any) -> Response:
    """The form with its texts (``form.typed``), for a new insight or a stored one (``id``, ``title``, ``version``)."""
    actor = current_actor()
    texts = {**dict.fromkeys(FIELDS, ""), **form.typed}
    return form.page(
        "capture/form.html",
        texts=texts,
        insight=insight,
        copy_id=copy_id,
        categories=category_options(actor.audience),
        publishes=actor.may(Permission.EDIT),
        open=insight is not None or any(texts[name] for name in MORE) or bool(form.errors.keys() - {*TOP}),
        author_first=insight is None and actor.kind is not Kind.PERSON,
        labels=LABELS,
        longest=LONGEST,
        priorities=tuple(Priority),
        statuses=tuple(Status),
        visibilities=tuple(Visibility),
        **values,
    )


def empty_form(texts: Texts) -> Form:
    """A form that nobody sent yet."""
    return Form(CaptureForm(), **texts)


def _own_name() -> str:
    """How the author is called who signed in."""
    actor = current_actor()
    return str(user(actor.user_id).name) if actor.kind is Kind.PERSON and actor.user_id is not None else ""
