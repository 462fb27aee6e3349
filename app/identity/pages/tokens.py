"""``/profile/tokens``: what one's own scripts show."""

from flask import Blueprint, render_template
from werkzeug import Response

from app.core.db import transact
from app.identity.acting import current_actor
from app.identity.commands.tokens import create_own_token, revoke_token
from app.identity.pages.forms import Form
from app.identity.pages.notices import done
from app.identity.pages.people import nobody, person_id, signed_in
from app.identity.permissions import GIVEN_ROLES, ROLES, Permission
from app.identity.queries.tokens import tokens
from app.identity.queries.users import user
from app.identity.schemas import OwnTokenForm, TokenForm

blueprint = Blueprint("tokens", __name__)


@blueprint.get("/profile/tokens")
def show() -> Response | str:
    """The list, and a form for another one."""
    user_id = person_id()
    return nobody() if user_id is None else _page(Form(), user_id)


@blueprint.post("/profile/tokens")
def create() -> Response | str:
    """Make a token, and show it this once. Who has a password gives it."""
    user_id = signed_in().id
    form = Form.sent(OwnTokenForm() if user(user_id).has_password else TokenForm())
    with form:
        given = form.load()
        token = create_own_token(user_id, given.pop("current_password", None), **given)
        return render_template(
            "identity/new_token.html", secret=token.secret, name=given["name"], back="/profile/tokens"
        )
    return _page(form, user_id)


@blueprint.post("/profile/tokens/<int:token_id>/revoke")
def revoke(token_id: int) -> Response:
    """Make a token useless."""
    transact(revoke_token, token_id, signed_in().id)
    return done("/profile/tokens", "revoked")


def _page(form: Form, user_id: int) -> Response:
    may = current_actor().permissions
    return form.page(
        "identity/tokens.html",
        tokens=tokens(user_id),
        person=user(user_id),
        roles=[role for role in GIVEN_ROLES if ROLES[role].may <= may],
        permissions=[permission for permission in Permission if permission in may - {Permission.KNOWN}],
    )
