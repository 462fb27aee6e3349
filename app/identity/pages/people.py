"""Whose pages ``/profile`` are, and how somebody's session begins."""

from typing import NamedTuple
from uuid import UUID

from flask import make_response, redirect, render_template, request
from werkzeug import Response

from app.core.db import transact
from app.errors import Refused
from app.identity.acting import current_actor
from app.identity.actor import Kind
from app.identity.commands.sessions import Begun, begin_session, end_session
from app.identity.cookies import SESSION
from app.identity.guard import identity_settings, signed_in_caller

SESSION_NEEDED = "This is for somebody who signed in at a browser."


def person_id() -> int | None:
    """Who is signed in; None where nobody needs to be, and for services, which have no account of a person."""
    actor = current_actor()
    return actor.user_id if actor.kind is Kind.PERSON else None


def nobody() -> str:
    """The page of one's account where nobody is signed in."""
    return render_template("identity/nobody.html")


class SignedInPerson(NamedTuple):
    """A user's id, and the session of this browser."""

    id: int
    session_id: UUID


def signed_in() -> SignedInPerson:
    """Who changes their own account. A token may not: whoever finds one would keep the account for good."""
    caller = signed_in_caller()
    if caller is None or caller.actor.user_id is None:
        raise Refused(SESSION_NEEDED)
    return SignedInPerson(caller.actor.user_id, caller.session_id)


def begin(user_id: int, signed_in_with: str) -> Begun:
    """Let this browser in, inside a transaction; the session that it had before ends."""
    if caller := signed_in_caller():
        end_session(caller.session_id)
    agent = request.user_agent.string
    return begin_session(user_id, signed_in_with, request.remote_addr, agent, identity_settings().session_days)


def enter(user_id: int, signed_in_with: str, path: str) -> Response:
    """The same in a transaction of its own, and on to a page."""
    return entered(transact(begin, user_id, signed_in_with), path)


def entered(begun: Begun, path: str) -> Response:
    """On to a page, with the session's cookie."""
    response = make_response(redirect(path, 303))
    SESSION.keep(response, begun.secret, until=begun.expires_at)
    return response
