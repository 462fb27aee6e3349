"""``/sign-in/forgotten``: a link for a new password, by mail."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from threading import BoundedSemaphore

import structlog
from flask import Blueprint, Flask, current_app
from werkzeug import Response

from app.audit.origin import current_origin
from app.core.db import transact
from app.errors import DomainError, Refused
from app.identity import mail
from app.identity.acting import acting, current_actor
from app.identity.commands.links import create_requested_link
from app.identity.models import Purpose
from app.identity.pages.forms import Form
from app.identity.pages.transport import insist_on_https
from app.identity.queries.users import person_with_email
from app.identity.schemas import ForgottenForm

blueprint = Blueprint("forgotten", __name__)
blueprint.before_request(insist_on_https)

log = structlog.get_logger(__name__)

# Anybody may ask, and a mail server may take its time: one thread of a process does it all, and few wait for it.
MOST_WAITING = 20
_mailer = ThreadPoolExecutor(max_workers=1, thread_name_prefix="mail")
_places = BoundedSemaphore(MOST_WAITING)


@blueprint.get("/sign-in/forgotten")
def ask() -> Response:
    """Where to turn to without one's password."""
    return _page(Form())


@blueprint.post("/sign-in/forgotten")
def mail_reset() -> Response:
    """Mail a link; whether anybody has the address is not said."""
    form = Form.sent(ForgottenForm())
    with form:
        email = form.load()["email"]
        if not mail.configured():
            raise Refused("This installation sends no mail.")
        _later(_in_this_context(email))
        return _page(form, sent=True)
    return _page(form)


def _later(send: Callable[[], None]) -> None:
    """The answer doesn't wait for it: how long it takes would tell whether anybody has the address. Nor does it say
    that too many others wait, which would tell the same."""
    if not _places.acquire(blocking=False):
        log.warning("a link for a new password was not mailed", reason="Too many are asked for just now.")
        return
    _mailer.submit(send).add_done_callback(_leave_place)


def _leave_place(_: Future[None]) -> None:
    _places.release()


def _in_this_context(email: str) -> Callable[[], None]:
    # Flask's documented way to hand the application to a thread.
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]  # noqa: SLF001
    actor, origin = current_actor(), current_origin()

    def send() -> None:
        with app.app_context(), acting(actor, origin.ip, origin.request_id):
            _send(email)

    return send


def _send(email: str) -> None:
    """The person is told by mail alone; what goes wrong with it is for the operators."""
    try:
        person = person_with_email(email)
        secret = transact(create_requested_link, person.id) if person else None
        if secret is not None:
            mail.send_link(Purpose.RESET, person.email, person.name, secret)
    except DomainError as error:
        log.warning("a link for a new password was not mailed", reason=error.detail)
    except Exception:
        log.exception("a link for a new password was not mailed")


def _page(form: Form, *, sent: bool = False) -> Response:
    return form.page("identity/forgotten.html", can_mail=mail.configured(), sent=sent)
