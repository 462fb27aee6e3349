"""``/admin/users``: people, services, and what they may do."""

import json
from contextlib import suppress

from flask import Blueprint, render_template
from werkzeug import Response

from app.core.db import transact
from app.errors import Unavailable
from app.identity import mail
from app.identity.actor import Kind
from app.identity.commands.links import create_link
from app.identity.commands.people import create_person, disable_user, enable_user, update_person
from app.identity.commands.second_factor import remove_second_factor
from app.identity.models import Purpose
from app.identity.pages.forms import Form
from app.identity.pages.notices import done
from app.identity.permissions import GIVEN_ROLES
from app.identity.queries.tokens import tokens
from app.identity.queries.users import user, users_json
from app.identity.schemas import InviteForm, UserForm

blueprint = Blueprint("users", __name__)


@blueprint.get("/admin/users")
def show() -> Response:
    """The list, and a form to invite somebody."""
    return _list(Form())


@blueprint.post("/admin/users")
def invite() -> Response | str:
    """Add somebody, and hand over the link by which they choose a password."""
    form = Form.sent(InviteForm())
    with form:
        given = form.load()

        def command() -> str:
            return create_link(Purpose.INVITE, create_person(**given))

        return _hand_over(Purpose.INVITE, transact(command), given["email"], given["name"])
    return _list(form)


@blueprint.get("/admin/users/<int:user_id>")
def show_one(user_id: int) -> Response:
    """One of them."""
    return _one(Form(), user_id)


@blueprint.post("/admin/users/<int:user_id>")
def change(user_id: int) -> Response:
    """Change name, e-mail address or role."""
    user(user_id)
    form = Form.sent(UserForm())
    with form:
        given = form.load()
        transact(update_person, user_id, given, given.pop("version"))
        return done(f"/admin/users/{user_id}", "user")
    return _one(form, user_id)


@blueprint.post("/admin/users/<int:user_id>/disable")
def disable(user_id: int) -> Response:
    """Keep somebody out."""
    form = Form()
    with form:
        transact(disable_user, user_id)
        return done(f"/admin/users/{user_id}", "disabled")
    return _one(form, user_id)


@blueprint.post("/admin/users/<int:user_id>/enable")
def enable(user_id: int) -> Response:
    """Let somebody in again."""
    transact(enable_user, user_id)
    return done(f"/admin/users/{user_id}", "enabled")


@blueprint.post("/admin/users/<int:user_id>/link")
def new_link(user_id: int) -> Response | str:
    """Hand over a link by which somebody chooses a password: the first one, or another."""
    person = user(user_id)
    form = Form()
    purpose = Purpose.RESET if person.has_password else Purpose.INVITE
    with form:
        return _hand_over(purpose, transact(create_link, purpose, user_id), person.email, person.name)
    return _one(form, user_id)


@blueprint.post("/admin/users/<int:user_id>/second-factor-off")
def second_factor_off(user_id: int) -> Response:
    """For somebody who lost the device and the recovery codes."""
    transact(remove_second_factor, user_id)
    return done(f"/admin/users/{user_id}", "second-factor-removed")


def _hand_over(purpose: Purpose, secret: str, email: str | None, name: str) -> str:
    """By mail; without it, or when it fails, the administrator passes the link on."""
    mailed = False
    with suppress(Unavailable):
        mailed = email is not None and mail.send_link(purpose, email, name, secret)
    shown = None if mailed else mail.link_address(secret)
    return render_template("identity/new_link.html", email=email, name=name, purpose=purpose, address=shown)


def _list(form: Form) -> Response:
    return form.page("identity/users.html", users=json.loads(users_json()), roles=GIVEN_ROLES)


def _one(form: Form, user_id: int) -> Response:
    """A form that was refused keeps what was typed, and takes the version that is stored now."""
    found = user(user_id)
    shown = {"name": found.name, "email": found.email, "role": found.role} | form.typed | {"version": found.version}
    return form.page(
        "identity/user.html",
        user=found,
        shown=shown,
        is_person=found.kind == Kind.PERSON,
        tokens=tokens(user_id),
        roles=GIVEN_ROLES,
    )
