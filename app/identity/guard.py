"""Before each request: who asks, and may they? After it: a refusal is written down."""

from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import structlog
from cachetools import TTLCache
from flask import Flask, Response, current_app, g, redirect, request

from app.audit.commands import record_denial
from app.config import Settings
from app.core.db import transact
from app.core.http.negotiation import prefers_html
from app.core.http.proxies import FORWARDED, address_of
from app.core.telemetry import endpoint
from app.errors import Forbidden, Unauthenticated
from app.identity.acting import acting, current_actor
from app.identity.actor import LOCAL_ADMINISTRATOR, Actor, Kind, anonymous
from app.identity.bearer import Verifier
from app.identity.commands.sessions import end_stolen_session, rotate_session
from app.identity.cookies import clear_session_cookie, session_secret, set_session_cookie
from app.identity.csrf import csrf_token, form_is_ours
from app.identity.outsiders import jwt_actor
from app.identity.permissions import ROUTES, Permission
from app.identity.queries.credentials import SignedInCaller, session_caller, token_actor
from app.identity.secrets import TOKEN_PREFIX

SAFE = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
# Somebody who tries doors without a name is written down once in so many seconds for each address and door.
DENIAL_SECONDS = 10
_EXTENSION = "guard"

log = structlog.get_logger(__name__)


@dataclass
class Guard:
    """What one application needs to know callers by."""

    settings: Settings
    verifier: Verifier
    strangers: Actor
    denied: TTLCache[tuple[str, str], bool] = field(default_factory=lambda: TTLCache(10_000, DENIAL_SECONDS))


def know_callers(app: Flask, settings: Settings) -> None:
    """Find out who asks, before anything else looks at the request; write refusals down when it is answered."""
    app.extensions[_EXTENSION] = Guard(settings, Verifier(settings), anonymous(settings.anonymous_reading))
    app.before_request(_meet)
    app.after_request(_afterwards)
    app.teardown_request(_leave)
    app.jinja_env.globals["csrf_token"] = csrf_token


def admit_callers(app: Flask) -> None:
    """Let nobody in who may not: every route asks for what `ROUTES` says."""
    app.before_request(_admit)


def _meet() -> None:
    knows: Guard = current_app.extensions[_EXTENSION]
    g.unknown_credential = None
    _act_as(_identify(knows))


def _admit() -> Response | None:
    if request.url_rule is None or request.method == "OPTIONS":
        return None
    needed = permission_of(request.method, endpoint(request))
    if needed is None or current_actor().may(needed):
        _check_form()
        return None
    return _turned_away()


def permission_of(method: str, template: str) -> Permission | None:
    """What a route asks for. One that was forgotten in the table is nobody's."""
    try:
        return ROUTES[f"{'GET' if method == 'HEAD' else method} {template}"]
    except KeyError:
        log.exception("a route is missing from the permission table", method=method, route=template)
        raise Forbidden("Nobody was given this.") from None


def _act_as(actor: Actor) -> None:
    context: AbstractContextManager[None] = acting(actor, request.remote_addr, g.get("request_id"))
    context.__enter__()
    g.acting = context


def _leave(error: BaseException | None) -> None:
    if context := g.pop("acting", None):
        context.__exit__(None, None, None)


def _identify(knows: Guard) -> Actor:
    shown = request.headers.get("X-API-Key") or request.headers.get("Authorization")
    if shown:
        actor = _of_header(knows, shown)
    elif secret := session_secret(request):
        actor = _of_session(knows, secret)
    else:
        actor = None
    return actor or _nobody(knows)


def _nobody(knows: Guard) -> Actor:
    """Whoever sits at this machine, when that is enough; else a stranger."""
    return LOCAL_ADMINISTRATOR if knows.settings.open_access and _at_this_machine() else knows.strangers


def _at_this_machine() -> bool:
    """Whether the request comes from here and was not passed on for somebody elsewhere."""
    address = address_of(request.remote_addr or "")
    return address is not None and address.is_loopback and not request.environ.get(FORWARDED)


def _of_header(knows: Guard, shown: str) -> Actor | None:
    """Documented clients send words that mean nothing here; they are told so only where they would need to be known."""
    token = shown.removeprefix("Bearer ").strip()
    try:
        if token.startswith(TOKEN_PREFIX):
            actor = token_actor(token)
        else:
            actor = jwt_actor(knows.verifier, token) if knows.verifier.configured else None
    except Unauthenticated as error:
        g.unknown_credential = error.detail
        return None
    if actor is None:
        g.unknown_credential = "The token is unknown, expired or revoked."
    return actor


def _of_session(knows: Guard, secret: str) -> Actor | None:
    caller = session_caller(secret, knows.settings.session_idle_hours)
    if caller is not None and caller.stolen:
        with acting(caller.actor, request.remote_addr, g.get("request_id")):
            transact(end_stolen_session, caller.session_id)
        caller = None
    if caller is None:
        g.session_ended = True
        return None
    g.signed_in_caller = caller
    return caller.actor


def signed_in_caller() -> SignedInCaller | None:
    """The session of this request, for pages about it; None for callers without one."""
    found: SignedInCaller | None = g.get("signed_in_caller")
    return found


def _check_form() -> None:
    """A browser sends its cookie along with whatever it is led to send: a change must come from a form of ours."""
    if "signed_in_caller" in g and request.method not in SAFE and not form_is_ours():
        raise Forbidden("This form is too old or not ours. Load the page again, then send it once more.")


def _turned_away() -> Response:
    actor = current_actor()
    if actor.kind is not Kind.ANONYMOUS:
        raise Forbidden(f"Your role ({actor.role}) may not do this.")
    if prefers_html() and not g.unknown_credential:
        query: dict[str, Any] = {"problem": "session_ended"} if g.get("session_ended") else {}
        if request.method in SAFE:
            query["next"] = request.full_path.rstrip("?")
        return redirect(f"/sign-in?{urlencode(query)}", 303)  # type: ignore[return-value]
    raise Unauthenticated(
        g.unknown_credential or "Credentials are needed: a token, or a session of a signed-in person."
    )


def _afterwards(response: Response) -> Response:
    if response.status_code in (401, 403):
        _write_down(response)
    if g.get("session_ended"):
        clear_session_cookie(response)
    elif caller := signed_in_caller():
        _rotate(caller, response)
    return response


def _write_down(response: Response) -> None:
    """As long as the log can be written; the refusal stands without it."""
    if request.url_rule is None or ROUTES.get(f"{request.method} {endpoint(request)}", Permission.READ) is None:
        return  # a sign-in tells of itself
    actor, knows = current_actor(), current_app.extensions[_EXTENSION]
    door = (request.remote_addr or "", f"{request.method} {endpoint(request)}")
    if actor.kind is Kind.ANONYMOUS:
        if door in knows.denied:
            return
        knows.denied[door] = True
    try:
        record_denial("access.denied", f"{request.method} {request.path}", str(response.status_code))
    except Exception:
        log.exception("a denial could not be written to the audit log")


def _rotate(caller: SignedInCaller, response: Response) -> None:
    """Pages only: of a program's parallel requests one would get the new secret and the others keep the old one."""
    if not caller.due or response.mimetype != "text/html" or "Set-Cookie" in response.headers:
        return
    secret = transact(rotate_session, caller.session_id, session_secret(request) or "")
    if secret is not None:
        set_session_cookie(response, secret, caller.expires_at)
