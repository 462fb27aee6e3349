"""``/profile/second-factor``: codes of an authenticator besides the password."""

from flask import Blueprint, render_template
from werkzeug import Response

from app.core.db import transact
from app.identity.commands.second_factor import begin_second_factor, confirm_second_factor, remove_own_second_factor
from app.identity.pages.forms import Form
from app.identity.pages.notices import done
from app.identity.pages.people import nobody, person_id, signed_in
from app.identity.queries.users import user
from app.identity.schemas import ConfirmingForm, SecondFactorForm

blueprint = Blueprint("second_factor", __name__)


@blueprint.get("/profile/second-factor")
def show() -> Response | str:
    """The offer of a secret; or how many recovery codes are left."""
    user_id = person_id()
    return nobody() if user_id is None else _page(Form(), user_id)


@blueprint.post("/profile/second-factor")
def confirm() -> Response | str:
    """Switch it on, and show the recovery codes this once."""
    user_id = signed_in().id
    form = Form.sent(SecondFactorForm())
    with form:
        given = form.load()
        codes = confirm_second_factor(user_id, given["current_password"], given["secret"], given["code"])
        return render_template("identity/recovery_codes.html", codes=codes)
    return _page(form, user_id)


@blueprint.post("/profile/second-factor/off")
def remove() -> Response:
    """Switch it off."""
    user_id = signed_in().id
    form = Form.sent(ConfirmingForm())
    with form:
        remove_own_second_factor(user_id, form.load()["password"])
        return done("/profile/second-factor", "second-factor-off")
    return _page(form, user_id)


def _page(form: Form, user_id: int) -> Response:
    """A wrong code shows the secret again that the authenticator has by now. Without a password nothing is offered:
    the codes follow it, and it takes it to switch them off."""
    person = user(user_id)
    offered = person.has_password and not person.second_factor
    offer = transact(begin_second_factor, user_id, form.typed.get("secret")) if offered else None
    return form.page("identity/second_factor.html", person=person, offer=offer)
