"""``/profile/tokens``: what one's own scripts show."""

from flask import Blueprint
from werkzeug import Response

from app.core.db import transact
from app.identity.acting import current_actor
from app.identity.commands.tokens import create_token, revoke_token
from app.identity.pages.forms import Form, once
from app.identity.pages.notices import done
from app.identity.pages.people import nobody, person_id, signed_in
from app.identity.permissions import GIVEN_ROLES, ROLES, Permission
from app.identity.queries.tokens import tokens
from app.identity.schemas import TokenForm

blueprint = Blueprint("tokens", __name__)


@blueprint.get("/profile/tokens")
def show() -> Response | str:
    """The list, and a form for another one."""
    user_id = person_id()
    return nobody() if user_id is None else _page(Form(), user_id)


@blueprint.post("/profile/tokens")
def create() -> Response:
    """Make a token, and show it this once."""
    user_id = signed_in().id
    form = Form.sent(TokenForm())
    with form:
        given = form.load()
        token = transact(create_token, user_id, **given)
        return once("identity/new_token.html", secret=token.secret, name=given["name"], back="/profile/tokens")
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
        roles=[role for role in GIVEN_ROLES if ROLES[role].may <= may],
        permissions=[permission for permission in Permission if permission in may - {Permission.KNOWN}],
    )
