"""``/sign-in/oidc``: to the identity provider, and back with its answer."""

import hmac
from dataclasses import asdict, replace
from urllib.parse import urlencode

import structlog
from flask import Blueprint, Flask, current_app, redirect, request, url_for
from werkzeug import Response

from app.audit.commands import record_denial
from app.audit.origin import current_origin
from app.config import Settings
from app.core.db import transact
from app.errors import DomainError, Forbidden, NotFound, Unauthenticated, Unavailable, explained
from app.identity import denials
from app.identity.acting import acting
from app.identity.actor import UPKEEP
from app.identity.commands.external import admit
from app.identity.commands.sessions import Begun
from app.identity.cookies import PrivateCookie
from app.identity.encryption import signed, unsigned
from app.identity.oidc import Attempt, Provider, Vouched
from app.identity.pages.people import begin, entered
from app.identity.pages.transport import insist_on_https
from app.identity.redirects import local_path

blueprint = Blueprint("oidc", __name__)
blueprint.before_request(insist_on_https)

ATTEMPT = PrivateCookie("__Host-insights-oidc", "insights_oidc")
PURPOSE = "attempt to sign in elsewhere"
ATTEMPT_SECONDS = 600
# In the audit log: no secret was tried, so it doesn't slow down those who try one ("session.denied").
REFUSED = "session.refused"
DENIED, FAILED, UNAVAILABLE, NO_ROLE = "oidc_denied", "oidc_failed", "oidc_unavailable", "no_role"
# What a provider sends back instead of a code; everything else is a failure.
ANSWERS = {"access_denied": DENIED, "temporarily_unavailable": UNAVAILABLE, "server_error": UNAVAILABLE}
_EXTENSION = "oidc"

log = structlog.get_logger(__name__)


def connect(app: Flask, settings: Settings) -> None:
    """Give the application its provider, when one is set; nothing is sent before somebody signs in."""
    if settings.oidc_issuer:
        app.extensions[_EXTENSION] = Provider(settings), settings


@blueprint.get("/sign-in/oidc")
def sign_in() -> Response:
    """Send the browser to the provider."""
    provider, settings = _extension()
    attempt = Attempt.towards(local_path(request.args.get("next")))
    try:
        response = redirect(provider.address(attempt, _callback_address(settings)), 303)
    except Unavailable as error:
        return _turned_back(UNAVAILABLE, error)
    ATTEMPT.keep(response, signed(asdict(attempt), PURPOSE), seconds=ATTEMPT_SECONDS)
    return response


@blueprint.get("/sign-in/oidc/callback")
def callback() -> Response:
    """Take the provider's answer; whatever it is, the attempt is over."""
    provider, settings = _extension()
    response = _answered(provider, settings)
    ATTEMPT.clear(response)
    return response


def _answered(provider: Provider, settings: Settings) -> Response:
    attempt = _attempt()
    if attempt is None:
        return _refused(FAILED, Unauthenticated("The answer belongs to no attempt of this browser."))
    if "error" in request.args:
        problem = ANSWERS.get(request.args["error"], FAILED)
        return _refused(problem, Unauthenticated(f"The provider answered {request.args['error']!r}."), attempt)
    try:
        vouched = provider.vouched(request.args.get("code", ""), attempt, _callback_address(settings))
    except Unauthenticated as error:
        return _refused(FAILED, error, attempt)
    except Unavailable as error:
        return _refused(UNAVAILABLE, error, attempt)
    return _let_in(provider, vouched, attempt)


def _let_in(provider: Provider, vouched: Vouched, attempt: Attempt) -> Response:
    origin, outsider = current_origin(), vouched.outsider
    try:
        with acting(replace(UPKEEP, name=f"sign-in at {outsider.issuer}"), origin.ip, origin.request_id):
            begun = transact(_enter, provider, vouched)
    except (Forbidden, Unauthenticated) as error:
        record_denial(REFUSED, outsider.email or outsider.subject, outsider.name)
        return _turned_back(NO_ROLE if isinstance(error, Forbidden) else FAILED, error, attempt)
    return entered(begun, attempt.next)


def _enter(provider: Provider, vouched: Vouched) -> Begun:
    return begin(admit(vouched.outsider, provider.role(vouched), follow=provider.roles_follow_groups), "oidc")


def _extension() -> tuple[Provider, Settings]:
    found: tuple[Provider, Settings] | None = current_app.extensions.get(_EXTENSION)
    if found is None:
        raise NotFound("Single sign-on is not set up here.")
    return found


def _callback_address(settings: Settings) -> str:
    """The address that the provider knows us by."""
    if settings.public_url:
        return settings.public_url.rstrip("/") + url_for("oidc.callback")
    return url_for("oidc.callback", _external=True)


def _attempt() -> Attempt | None:
    """The attempt that this answer is to; None for one that nobody here began, or that took too long."""
    kept = unsigned(ATTEMPT.value() or "", PURPOSE, ATTEMPT_SECONDS)
    given = request.args.get("state", "").encode("utf-8", "replace")
    return Attempt(**kept) if kept and hmac.compare_digest(given, kept["state"].encode()) else None


def _refused(problem: str, error: DomainError, attempt: Attempt | None = None) -> Response:
    """Nobody knows who came: anybody can send such answers, so the audit log takes a few of them only."""
    denials.tell(REFUSED, problem)
    return _turned_back(problem, error, attempt)


def _turned_back(problem: str, error: DomainError, attempt: Attempt | None = None) -> Response:
    """To the sign-in page, which tells people what happened; the log tells operators why."""
    log.warning("a single sign-on came to nothing", problem=problem, reason=explained(error))
    next_page = attempt.next if attempt else local_path(request.args.get("next"))
    query = {"problem": problem} | ({"next": next_page} if next_page != "/" else {})
    return redirect(f"/sign-in?{urlencode(query)}", 303)
