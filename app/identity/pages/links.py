"""``/links/{token}``: addresses that work once."""

from flask import Blueprint, make_response, render_template
from werkzeug import Response

from app.core.db import transact
from app.errors import NotFound
from app.identity.commands.links import OpenLink, open_link, use_link_for_first_administrator, use_link_for_password
from app.identity.commands.sessions import Begun
from app.identity.models import Purpose
from app.identity.pages.forms import Form
from app.identity.pages.notices import done
from app.identity.pages.people import begin, entered
from app.identity.pages.transport import insist_on_https
from app.identity.queries.users import user
from app.identity.schemas import FirstAdministratorForm, NewPasswordForm

blueprint = Blueprint("links", __name__)
blueprint.before_request(insist_on_https)
SIGNED_IN_WITH = "link"


@blueprint.get("/links/<token>")
def ask(token: str) -> Response:
    """What the link is for. Looking at it doesn't use it up: mail programs do that too."""
    try:
        link = transact(open_link, token)
    except NotFound as error:
        return _useless(error)
    return _page(Form(), link)


@blueprint.post("/links/<token>")
def use(token: str) -> Response:
    """Set the password, make the administrator, and sign in: at this browser, unless a code is needed for that."""
    try:
        link = transact(open_link, token)
        return _use(token, link)
    except NotFound as error:
        return _useless(error)


def _use(token: str, link: OpenLink) -> Response:
    first = link.purpose is Purpose.FIRST_ADMINISTRATOR
    form = Form.sent(FirstAdministratorForm() if first else NewPasswordForm())
    with form:
        given = form.load()
        make = use_link_for_first_administrator if first else use_link_for_password

        def command() -> Begun | None:
            user_id = make(token, **given)
            return None if user(user_id).second_factor else begin(user_id, SIGNED_IN_WITH)

        begun = transact(command)
        return entered(begun, "/") if begun else done("/sign-in", "new-password")
    return _page(form, link)


def _page(form: Form, link: OpenLink) -> Response:
    return form.page("identity/link.html", link=link)


def _useless(error: NotFound) -> Response:
    return make_response(render_template("identity/useless_link.html", detail=error.detail), 404)
