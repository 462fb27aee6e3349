"""The second factor is switched on and off here."""

import re
from dataclasses import dataclass

import pyotp
from sqlalchemy import delete, update

from app.audit.commands import record
from app.core.db import after_commit
from app.errors import FieldError, Invalid, Refused
from app.extensions import db
from app.identity.acting import current_actor, require
from app.identity.commands.codes import SEALED, new_recovery_codes, step_of
from app.identity.commands.people import lock_person
from app.identity.commands.reauthentication import knowing_password
from app.identity.commands.sessions import end_other_sessions, own_session
from app.identity.encryption import sealed
from app.identity.models import RecoveryCode, User
from app.identity.permissions import Permission
from app.identity.queries.credentials import forget_callers

ISSUER = "Insights"
SECRET = re.compile(r"[A-Z2-7]{32}")


@dataclass(frozen=True, slots=True)
class Offer:
    """A secret for somebody's authenticator: as text, as an ``otpauth:`` address, and that as an SVG picture."""

    secret: str
    uri: str
    svg: str


def begin_second_factor(user_id: int, offered: str | None = None) -> Offer:
    """Offer a secret, or the one that was ``offered`` again. Nothing is stored before a code shows that the
    authenticator has it."""
    import segno

    person = lock_person(user_id)
    _refuse_needless(person)
    secret = offered if offered and SECRET.fullmatch(offered) else pyotp.random_base32()
    uri = pyotp.TOTP(secret).provisioning_uri(name=person.email or person.name, issuer_name=ISSUER)
    return Offer(secret, uri, segno.make(uri, error="m", micro=False).svg_inline(scale=4, light="#fff"))


def confirm_second_factor(user_id: int, password: str, secret: str, code: str) -> list[str]:
    """Ask for codes from now on; returns ten recovery codes, shown this once. Other devices have to sign in again.

    Raises `Invalid` for ``current_password``, ``secret`` or ``code``; transaction and `TooMany` as with
    `knowing_password`.
    """
    return knowing_password(user_id, password, "current_password", lambda: _confirm(user_id, secret, code))


def remove_own_second_factor(user_id: int, password: str) -> None:
    """Ask the person for the password only, which is needed for it: `Invalid`, transaction and `TooMany` as with
    `knowing_password`."""
    knowing_password(user_id, password, "password", lambda: _remove(user_id))


def remove_second_factor(user_id: int) -> None:
    """The same by who manages users."""
    require(current_actor().may(Permission.USERS), "Give your password to remove your second factor.")
    _remove(user_id)


def _confirm(user_id: int, secret: str, code: str) -> list[str]:
    person = lock_person(user_id)
    _refuse_needless(person)
    if not SECRET.fullmatch(secret):
        raise Invalid.because([FieldError(("secret",), "is not one that was offered")])
    step = step_of(secret, code)
    if step is None:
        raise Invalid.because([FieldError(("code",), "is wrong: is the clock of your device right?", "wrong")])
    factor = {"totp_secret": sealed(secret, SEALED), "totp_last_step": step}
    db.session.execute(update(User).where(User.id == user_id).values(factor))
    codes = new_recovery_codes(user_id)
    end_other_sessions(user_id, own_session(user_id))
    _record(person, on=True)
    return codes


def _remove(user_id: int) -> None:
    person = lock_person(user_id)
    if person.totp_secret is None:
        return
    db.session.execute(update(User).where(User.id == user_id).values(totp_secret=None, totp_last_step=None))
    db.session.execute(delete(RecoveryCode).where(RecoveryCode.user_id == user_id))
    _record(person, on=False)


def _refuse_needless(person: User) -> None:
    if person.password_hash is None:
        raise Refused("The second factor follows a password, and there is none.")
    if person.totp_secret is not None:
        raise Refused("There is a second factor already; remove it first.")


def _record(person: User, on: bool) -> None:
    record("user.second_factor", person.id, person.called, {"second_factor": (not on, on)})
    after_commit(forget_callers)
