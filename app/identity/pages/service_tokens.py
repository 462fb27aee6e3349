"""``/admin/tokens``: everybody's tokens, and those of services."""

from flask import Blueprint, render_template
from werkzeug import Response

from app.core.db import transact
from app.identity.commands.tokens import NewToken, create_token, revoke_token, service_named
from app.identity.pages.forms import Form
from app.identity.pages.notices import done
from app.identity.permissions import GIVEN_ROLES, Permission
from app.identity.queries.tokens import tokens
from app.identity.schemas import ServiceTokenForm

blueprint = Blueprint("service_tokens", __name__)
SCOPES = tuple(permission for permission in Permission if permission is not Permission.KNOWN)


@blueprint.get("/admin/tokens")
def show() -> Response:
    """The list, and a form for a service's token."""
    return _page(Form())


@blueprint.post("/admin/tokens")
def create() -> Response | str:
    """Make a token of a service, which is made too when it is new; show the token this once."""
    form = Form.sent(ServiceTokenForm())
    with form:
        given = form.load()
        service = given.pop("service")

        def command() -> NewToken:
            return create_token(service_named(service), **given)

        token = transact(command)
        return render_template(
            "identity/new_token.html", secret=token.secret, name=given["name"], service=service, back="/admin/tokens"
        )
    return _page(form)


@blueprint.post("/admin/tokens/<int:token_id>/revoke")
def revoke(token_id: int) -> Response:
    """Make anybody's token useless."""
    transact(revoke_token, token_id)
    return done("/admin/tokens", "revoked")


def _page(form: Form) -> Response:
    return form.page("identity/all_tokens.html", tokens=tokens(None), roles=GIVEN_ROLES, permissions=SCOPES)
