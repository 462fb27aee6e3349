"""Before each request: who asks, and may they?"""

from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit

import structlog
from flask import Flask, Response, current_app, g, redirect, request

from app.config import Settings
from app.config.rules import is_loopback
from app.core.db import transact
from app.core.http.negotiation import prefers_html
from app.core.http.proxies import FORWARDED, address_of
from app.core.telemetry import endpoint
from app.errors import Forbidden, Unauthenticated
from app.identity import denials
from app.identity.acting import acting, current_actor
from app.identity.actor import LOCAL_ADMINISTRATOR, LOCAL_PAGE, Actor, Kind, anonymous
from app.identity.bearer import Verifier
from app.identity.commands.sessions import end_stolen_session, rotate_session
from app.identity.cookies import SESSION
from app.identity.csrf import csrf_token, form_is_ours
from app.identity.outsiders import jwt_actor
from app.identity.permissions import Permission, asked
from app.identity.queries.credentials import SignedInCaller, session_caller, token_actor
from app.identity.secrets import TOKEN_PREFIX

SAFE = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
UNKNOWN = "The token is unknown, expired or revoked."
NEEDED = "Credentials are needed: a token, or a session of a signed-in person."
ENDED = "You are not signed in any more. Sign in in another tab, then send this once more."
_EXTENSION = "guard"

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Guard:
    """What one application needs to know callers by."""

    settings: Settings
    verifier: Verifier
    strangers: Actor
    open_access: bool


def know_callers(app: Flask, settings: Settings) -> None:
    """Find out who asks, before anything else looks at the request; write refusals down when it is answered."""
    app.extensions[_EXTENSION] = Guard(
        settings, Verifier(settings), anonymous(settings.anonymous_reading), settings.open_access
    )
    denials.connect(app)
    app.before_request(_meet)
    app.after_request(_keep_session)
    app.after_request(denials.write_down)
    app.teardown_request(_leave)
    app.jinja_env.globals["csrf_token"] = csrf_token


def admit_callers(app: Flask) -> None:
    """Let nobody in who may not: every route asks for what `ROUTES` says."""
    app.before_request(_admit)


def identity_settings() -> Settings:
    """The settings that say how people sign in."""
    return _guard().settings


def signed_in_caller() -> SignedInCaller | None:
    """The session of this request, for pages about it; None for callers without one."""
    found: SignedInCaller | None = g.get("signed_in_caller")
    return found


def unknown_credential() -> str | None:
    """What is wrong with the token that was shown; None: it is good, or none was."""
    problem: str | None = g.get("unknown_credential")
    return problem


def _guard() -> Guard:
    found: Guard = current_app.extensions[_EXTENSION]
    return found


def _meet() -> None:
    context: AbstractContextManager[None] = acting(_identify(), request.remote_addr, g.get("request_id"))
    context.__enter__()
    g.acting = context


def _leave(error: BaseException | None) -> None:
    if context := g.pop("acting", None):
        context.__exit__(None, None, None)


def _admit() -> Response | None:
    if request.url_rule is None or request.method == "OPTIONS":
        return None
    needed = _asked_of_this_route()
    if needed is None or (current_actor().may(needed) and not unknown_credential_counts()):
        _check_form()
        return None
    return turn_away(needed)


def _asked_of_this_route() -> Permission | None:
    """A route that was forgotten in the table is nobody's."""
    try:
        return asked(request.method, endpoint(request))
    except KeyError:
        log.exception("a route is missing from the permission table", method=request.method, path=request.path)
        raise Forbidden("Nobody was given this.") from None


def unknown_credential_counts() -> bool:
    """Whether a token that is no good is to be told: not to who needs none, as documented clients send any words."""
    return unknown_credential() is not None and current_actor().kind is Kind.ANONYMOUS


def _identify() -> Actor:
    token = _shown_token()
    if token is not None:
        actor = _of_token(token)
    elif secret := SESSION.value():
        actor = _of_session(secret)
    else:
        actor = None
    return actor or (_local(token) if _guard().open_access else None) or _guard().strangers


def _shown_token() -> str | None:
    """What a program shows, in either header; an address is no place for it. The scheme's case doesn't count."""
    if key := request.headers.get("X-API-Key"):
        return key.strip()
    shown = request.headers.get("Authorization")
    if shown is None:
        return None
    scheme, _, token = shown.strip().partition(" ")
    return token.strip() if scheme.lower() == "bearer" else shown.strip()


def _of_token(token: str) -> Actor | None:
    try:
        if token.startswith(TOKEN_PREFIX):
            actor = token_actor(token)
        else:
            actor = jwt_actor(_guard().verifier, token) if _guard().verifier.configured else None
    except Unauthenticated as error:
        g.unknown_credential = error.detail
        return None
    if actor is None:
        g.unknown_credential = UNKNOWN
    return actor


def _of_session(secret: str) -> Actor | None:
    caller = session_caller(secret, _guard().settings.session_idle_hours)
    if caller is not None and caller.stolen:
        with acting(caller.actor, request.remote_addr, g.get("request_id")):
            transact(end_stolen_session, caller.session_id)
        caller = None
    if caller is None:
        g.session_ended = True
        return None
    g.signed_in_caller = caller
    return caller.actor


def _local(token: str | None) -> Actor | None:
    """Whoever sits at this machine, where nobody has to sign in: the request comes from here, was not passed on for
    somebody elsewhere, and no token of ours was shown that has ended. A page of another site there may do less."""
    address = address_of(request.remote_addr or "")
    here = address is not None and address.is_loopback and not request.environ.get(FORWARDED)
    if not here or (token or "").startswith(TOKEN_PREFIX):
        return None
    origin = request.headers.get("Origin")
    ours = origin is None or is_loopback(urlsplit(origin).hostname or "")
    return LOCAL_ADMINISTRATOR if ours else LOCAL_PAGE


def _check_form() -> None:
    """A browser sends its cookie along with whatever it is led to send: a change must come from a form of ours."""
    if "signed_in_caller" in g and request.method not in SAFE and not form_is_ours():
        raise Forbidden("This form is too old or not ours. Load the page again, then send it once more.")


def turn_away(needed: Permission) -> Response:
    """A person who only looks is sent to sign in and comes back; everybody else is told."""
    actor = current_actor()
    if actor.kind is not Kind.ANONYMOUS:
        raise Forbidden(f"This needs the permission {needed}, which your credentials (role {actor.role}) don't give.")
    if problem := unknown_credential():
        raise Unauthenticated.by(problem)
    if not prefers_html():
        raise Unauthenticated(NEEDED)
    if request.method not in SAFE:
        raise Unauthenticated(ENDED)
    denials.tell()
    query: dict[str, Any] = {"problem": "session_ended"} if g.get("session_ended") else {}
    query["next"] = request.full_path.rstrip("?")
    return redirect(f"/sign-in?{urlencode(query)}", 303)  # type: ignore[return-value]


def _keep_session(response: Response) -> Response:
    """The cookie of a session that ended goes, unless another one has begun; a secret that is old is replaced.

    With pages only: of a program's parallel requests one would get the new secret and the others keep the old one.
    """
    if "Set-Cookie" in response.headers:
        return response
    caller = signed_in_caller()
    if g.get("session_ended"):
        SESSION.clear(response)
    elif caller is not None and caller.due and response.mimetype == "text/html":
        secret = transact(rotate_session, caller.session_id, SESSION.value() or "")
        if secret is not None:
            SESSION.keep(response, secret, until=caller.expires_at)
    return response
