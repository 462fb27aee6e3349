"""``/sign-in`` and ``/sign-out``: by password, with a code when the person has a second factor."""

from math import ceil
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, make_response, redirect, request
from werkzeug import Response

from app.core.db import transact
from app.identity.commands.people import an_administrator
from app.identity.commands.sessions import NeedsCode, end_session, sign_in, sign_in_with_code
from app.identity.cookies import SESSION
from app.identity.guard import identity_settings, signed_in_caller
from app.identity.pages.forms import Form
from app.identity.pages.notices import PROBLEMS, SIGNED_OUT
from app.identity.pages.people import enter
from app.identity.pages.transport import insist_on_https
from app.identity.redirects import local_path
from app.identity.schemas import CodeForm, SignInForm

blueprint = Blueprint("signing_in", __name__)
blueprint.before_request(insist_on_https)
PASSWORD, SECOND_FACTOR = "password", "password and code"


@blueprint.get("/sign-in")
def ask() -> Response:
    """The form; somebody who is signed in already goes on."""
    if signed_in_caller():
        return redirect(_next(), 303)
    return _page(Form())


@blueprint.post("/sign-in")
def check() -> Response:
    """Take an e-mail address and a password."""
    form = Form.sent(SignInForm())
    with form:
        outcome = sign_in(**form.load())
        if isinstance(outcome, NeedsCode):
            return _code_page(Form(challenge=outcome.challenge))
        return enter(outcome.user_id, PASSWORD, _next())
    return _page(form)


@blueprint.get("/sign-in/code")
def begin_again() -> Response:
    """A code follows a password: without one there is nothing to ask for."""
    return redirect("/sign-in", 303)


@blueprint.post("/sign-in/code")
def check_code() -> Response:
    """Take the code of an authenticator, or one for recovery."""
    form = Form.sent(CodeForm())
    with form:
        return enter(sign_in_with_code(**form.load()).user_id, SECOND_FACTOR, _next())
    return _code_page(form)


@blueprint.post("/sign-out")
def sign_out() -> Response:
    """End this browser's session."""
    if caller := signed_in_caller():
        transact(end_session, caller.session_id)
    response = make_response(redirect(f"/sign-in?{urlencode({'problem': SIGNED_OUT})}", 303))
    SESSION.clear(response)
    return response


def _page(form: Form) -> Response:
    problem = request.args.get("problem", "")
    return form.page(
        "identity/sign_in.html",
        **_waiting(form),
        next=_next(),
        problem=PROBLEMS.get(problem),
        signed_out=problem == SIGNED_OUT,
        provider=_provider(),
        unadministered=not an_administrator(),
    )


def _code_page(form: Form) -> Response:
    return form.page("identity/code.html", **_waiting(form), next=_next())


def _waiting(form: Form) -> dict[str, Any]:
    """How long to wait, in words, after too many attempts."""
    if form.retry_after is None:
        return {"wait": None}
    minutes = ceil(form.retry_after / 60)
    return {"wait": "a moment" if form.retry_after <= 10 else "a minute" if minutes == 1 else f"{minutes} minutes"}


def _next() -> str:
    """Where to go on: a page of ours, whatever the address says."""
    path = local_path(request.form.get("next") or request.args.get("next"))
    return "/" if path.startswith("/sign-") else path


def _provider() -> str | None:
    """What the button to the identity provider says; None without a provider."""
    settings = identity_settings()
    return settings.oidc_label if settings.oidc_issuer else None
