"""Signing in, and the sessions that follow from it."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import uuid_utils.compat as uuid
from sqlalchemy import delete, func, insert, select, text, update

from app.audit.commands import Entry, record, record_all
from app.audit.origin import current_origin, originating
from app.core.clock import now
from app.core.db import after_commit
from app.errors import NotFound, Unauthenticated
from app.extensions import db
from app.identity.acting import current_actor
from app.identity.actor import Kind
from app.identity.commands.codes import is_accepted
from app.identity.commands.people import lock_person
from app.identity.commands.throttle import attempt
from app.identity.encryption import signed, unsigned
from app.identity.models import EMAIL_LENGTH, USER_AGENT_LENGTH, Session, User
from app.identity.passwords import is_right, renewed_hash
from app.identity.queries.credentials import forget_callers
from app.identity.secrets import hashed, new_secret

WRONG = "E-mail or password is wrong."
WRONG_CODE = "The code is wrong, or was used already."
TOO_LATE = "This took too long. Sign in again."
CHALLENGE = "sign-in challenge"
CHALLENGE_SECONDS = 300
MOST_SESSIONS = 50

SUPERFLUOUS = text("""
    DELETE FROM sessions WHERE id IN
        (SELECT id FROM sessions WHERE user_id = :user_id AND expires_at > now() ORDER BY id DESC OFFSET :most)
    RETURNING id""")


@dataclass(frozen=True, slots=True)
class SignedIn:
    """The person is who he or she claims to be: a session may begin."""

    user_id: int


@dataclass(frozen=True, slots=True)
class NeedsCode:
    """The password is right; a code has to follow within five minutes, together with the challenge."""

    user_id: int
    challenge: str


@dataclass(frozen=True, slots=True)
class Begun:
    """What the browser is to keep, and until when it is good."""

    secret: str
    expires_at: datetime


def sign_in(email: str, password: str) -> SignedIn | NeedsCode:
    """Check a password. It opens its own transaction, so call it outside one: what it refuses is written down too.

    Raises `Unauthenticated` with the same words, after the same time, whatever was wrong; `TooMany` after failures.
    """
    name = "".join(filter(str.isprintable, email)).strip().lower()[:EMAIL_LENGTH]
    return attempt(name, lambda: _check_password(name, password))


def sign_in_with_code(challenge: str, code: str) -> SignedIn:
    """Check the second factor: a code of the moment, or a recovery code. Transaction and errors as with `sign_in`."""
    user_id, fingerprint = unsigned(challenge, CHALLENGE, CHALLENGE_SECONDS) or (None, None)
    person = _person(User.id == user_id)
    if person is None or _fingerprint(person.password_hash) != fingerprint:
        raise Unauthenticated(TOO_LATE)
    return attempt(person.email.lower(), lambda: _check_code(person.id, code))


def begin_session(user_id: int, signed_in_with: str, ip: str | None, user_agent: str | None, days: int) -> Begun:
    """Let a device in for so many ``days``. Of more than fifty devices the oldest must sign in again."""
    person = lock_person(user_id)
    if person.disabled_at is not None:
        raise Unauthenticated(WRONG)
    begun = Begun(new_secret(), now() + timedelta(days=days))
    session = {
        "id": uuid.uuid7(),
        "token_hash": hashed(begun.secret),
        "expires_at": begun.expires_at,
        "user_agent": "".join(filter(str.isprintable, user_agent or ""))[:USER_AGENT_LENGTH] or None,
    }
    db.session.execute(insert(Session).values(user_id=user_id, signed_in_with=signed_in_with, ip=ip, **session))
    db.session.execute(update(User).where(User.id == user_id).values(last_seen_at=func.now()))
    with originating(replace(current_origin(), actor_kind=Kind.PERSON, actor_name=person.called, actor_id=user_id)):
        record("session.begin", session["id"], person.called.lower(), {"signed_in_with": (None, signed_in_with)})
        ended = db.session.scalars(SUPERFLUOUS, {"user_id": user_id, "most": MOST_SESSIONS}).all()
        record_all([Entry("session.end", session_id, person.called) for session_id in ended])
    return begun


def end_session(session_id: UUID | str, user_id: int | None = None) -> None:
    """Sign a device out. With a ``user_id`` it must be that person's, else `NotFound`; without, twice is fine."""
    key = _as_uuid(session_id)
    condition = Session.id == key if user_id is None else (Session.id == key) & (Session.user_id == user_id)
    if not _end(condition) and user_id is not None:
        raise NotFound("There is no such device.")


def end_other_sessions(user_id: int, keep: UUID | None) -> int:
    """Sign all devices of a person out but one; how many those were."""
    return _end((Session.user_id == user_id) & Session.id.is_distinct_from(keep))


def end_stolen_session(session_id: UUID) -> None:
    """End a session of which somebody showed a secret that was replaced long ago: one of the two is a thief."""
    _end(Session.id == session_id, "session.stolen")


def rotate_session(session_id: UUID, secret: str) -> str | None:
    """A new secret in place of the one that was shown, which stays good until a minute after the new one is; None when
    another request was faster. Shown may also be the former one, when the answer with its replacement was lost."""
    replacement, shown = new_secret(), hashed(secret)
    rotation = {"previous_hash": shown, "token_hash": hashed(replacement), "rotated_at": func.now()}
    while_ago = Session.rotated_at < func.now() - timedelta(minutes=1)
    lost = (Session.previous_hash == shown) & Session.confirmed_at.is_(None) & while_ago
    same = (Session.id == session_id) & ((Session.token_hash == shown) | lost)
    rotating = update(Session).where(same).values(rotation | {"confirmed_at": None}).returning(Session.id)
    rotated = db.session.scalar(rotating)
    if rotated is None:
        return None
    after_commit(forget_callers)
    return replacement


def own_session(user_id: int) -> UUID | None:
    """The session by which the person acts just now, if that is how."""
    actor = current_actor()
    kind, _, key = (actor.credential or "").partition(":")
    return UUID(key) if kind == "session" and actor.user_id == user_id else None


def _check_password(email: str, password: str) -> SignedIn | NeedsCode:
    person = _person(func.lower(User.email) == func.lower(email))
    if not is_right(person.password_hash if person else None, password):
        raise Unauthenticated(WRONG)
    stored = person.password_hash
    if renewed := renewed_hash(stored, password):
        same = (User.id == person.id) & (User.password_hash == stored)
        db.session.execute(update(User).where(same).values(password_hash=renewed))
        stored = renewed
    if person.totp_secret is None:
        return SignedIn(person.id)
    return NeedsCode(person.id, signed([person.id, _fingerprint(stored)], CHALLENGE))


def _check_code(user_id: int, code: str) -> SignedIn:
    if not is_accepted(lock_person(user_id), code):
        raise Unauthenticated(WRONG_CODE)
    return SignedIn(user_id)


def _person(condition: Any) -> Any:
    """An enabled person (id, email, password_hash, totp_secret), or None."""
    columns = (User.id, User.email, User.password_hash, User.totp_secret)
    enabled = select(*columns).where(condition, User.kind == Kind.PERSON, User.disabled_at.is_(None))
    return db.session.execute(enabled).one_or_none()


def _fingerprint(password_hash: str | None) -> str:
    """A challenge goes with the password that was shown for it."""
    return hashed(password_hash or "").hex()[:16]


def _end(condition: Any, verb: str = "session.end") -> int:
    ended = (
        delete(Session).where(condition, User.id == Session.user_id).returning(Session.id, User.called.label("name"))
    )
    rows = db.session.execute(ended).all()
    record_all([Entry(verb, row.id, row.name) for row in rows])
    after_commit(forget_callers)
    return len(rows)


def _as_uuid(session_id: UUID | str) -> UUID | None:
    try:
        return session_id if isinstance(session_id, UUID) else UUID(session_id)
    except ValueError:
        return None
