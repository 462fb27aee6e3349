"""``/profile``: oneself."""

from flask import Blueprint
from werkzeug import Response

from app.core.db import transact
from app.identity.commands.passwords import change_password
from app.identity.commands.people import update_person
from app.identity.pages.forms import Form
from app.identity.pages.notices import done
from app.identity.pages.people import nobody, person_id, signed_in
from app.identity.queries.users import user
from app.identity.schemas import PasswordForm, ProfileForm

blueprint = Blueprint("profile", __name__)


@blueprint.get("/profile")
def show() -> Response | str:
    """Name, e-mail address, role, and how one signs in."""
    user_id = person_id()
    return nobody() if user_id is None else _page(Form(), user_id)


@blueprint.post("/profile")
def rename() -> Response:
    """Change one's name."""
    user_id = signed_in().id
    form = Form.sent(ProfileForm())
    with form:
        transact(update_person, user_id, form.load())
        return done("/profile", "name")
    return _page(form, user_id)


@blueprint.post("/profile/password")
def new_password() -> Response:
    """Change one's password."""
    user_id = signed_in().id
    form = Form.sent(PasswordForm())
    with form:
        given = form.load()
        revoke = given["revoke_tokens"]
        change_password(user_id, given["current_password"], given["new_password"], revoke=revoke)
        return done("/profile", "password-and-tokens" if revoke else "password")
    return _page(form, user_id)


def _page(form: Form, user_id: int) -> Response:
    return form.page("identity/profile.html", person=user(user_id))
