"""``/library/templates``: what new insights begin with."""

import re
from collections.abc import Mapping
from typing import Any

from flask import Blueprint, request
from werkzeug import Response

from app.capture.builtin import BUILTIN
from app.capture.commands.templates import create_template, delete_template, update_template
from app.capture.models import TEMPLATE_FIELDS
from app.capture.pages.form import LABELS, LONGEST
from app.capture.queries.templates import template, templates
from app.capture.schemas import TemplateForm
from app.core.db import transact
from app.core.http.keeping import keeps_typed
from app.identity.acting import current_actor
from app.identity.pages.forms import Form
from app.identity.pages.notices import done
from app.insights.models import Priority
from app.taxonomy.queries.categories import category_options

blueprint = Blueprint("content_templates", __name__)
PATH = "/library/templates"
VERSION = re.compile("[0-9]{1,9}")
FIELDS = ("name", "shared", *TEMPLATE_FIELDS)
TYPED = {"name": "Name", **{name: LABELS[name] for name in TEMPLATE_FIELDS}}


@blueprint.get(PATH)
def show() -> Response:
    """All that there are, and a form for another one."""
    return _list(_form({}))


@blueprint.post(PATH)
@keeps_typed(TYPED)
def create() -> Response:
    """Keep a template."""
    form = _form(_sent())
    with form:
        transact(create_template, form.typed)
        return done(PATH, "template-saved")
    return _list(form)


@blueprint.get(f"{PATH}/<int:template_id>")
def show_one(template_id: int) -> Response:
    """One of them, to be changed."""
    stored = template(current_actor(), template_id)
    shared = {"shared": "true"} if stored["shared"] else {}
    return _one(_form({"name": stored["name"], **shared, **stored["fields"]}), stored)


@blueprint.post(f"{PATH}/<int:template_id>")
@keeps_typed(TYPED)
def change(template_id: int) -> Response:
    """Change it, from the version that was shown."""
    form = _form(_sent())
    with form:
        transact(update_template, template_id, form.typed, _version())
        return done(PATH, "template-saved")
    return _one(form, template(current_actor(), template_id))


@blueprint.post(f"{PATH}/<int:template_id>/delete")
def delete(template_id: int) -> Response:
    """Delete it, as it was shown."""
    form = _form({})
    with form:
        transact(delete_template, template_id, _version())
        return done(PATH, "template-deleted")
    stored = template(current_actor(), template_id)
    form.typed = {"name": stored["name"], **stored["fields"]}
    return _one(form, stored)


def _form(texts: Mapping[str, str]) -> Form:
    return Form(TemplateForm(), **texts)


def _sent() -> dict[str, str]:
    return {name: request.form[name] for name in FIELDS if name in request.form}


def _version() -> int:
    """The version that was shown; 0, which nothing has, when the form doesn't say."""
    version = request.form.get("version", "")
    return int(version) if VERSION.fullmatch(version) else 0


def _list(form: Form) -> Response:
    return _page(form, "capture/templates.html", builtin=BUILTIN, templates=templates(current_actor()))


def _one(form: Form, stored: Mapping[str, Any]) -> Response:
    return _page(form, "capture/template.html", stored=stored)


def _page(form: Form, page: str, **values: Any) -> Response:
    return form.page(
        page,
        texts={**dict.fromkeys(FIELDS, ""), **form.typed},
        labels=TYPED,
        longest=LONGEST | {"name": TemplateForm().fields["name"].metadata["maxLength"]},
        priorities=tuple(Priority),
        categories=category_options(current_actor().audience),
        **values,
    )
