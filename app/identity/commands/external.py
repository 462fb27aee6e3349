"""People whom another issuer knows: found again, or made, when they come for the first time."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import structlog
from sqlalchemy import text

from app.audit.commands import record
from app.core.db import read_rows
from app.errors import Forbidden, Refused, Unauthenticated
from app.extensions import db
from app.identity.commands.people import hold_administrators, update_person
from app.identity.models import NAME_LENGTH
from app.identity.naming import called
from app.identity.permissions import Role

DISABLED = "This account is disabled."
NO_ROLE = "Nobody gave you a role here yet. Ask an administrator of this site."

KNOWN = """
SELECT u.id, u.disabled_at FROM external_identities e JOIN users u ON u.id = e.user_id
WHERE e.issuer = :issuer AND e.subject = :subject"""
# Two first requests at once: the second one waits here, and then finds the person.
WAIT_FOR_OTHERS = text("""
    SELECT pg_advisory_xact_lock(hashtextextended(CAST(:issuer AS text) || ' ' || CAST(:subject AS text), 0))""")
OF_EMAIL = text("SELECT id, disabled_at FROM users WHERE lower(email) = lower(:email) FOR UPDATE")
OTHER_IDENTITY = text("SELECT 1 FROM external_identities WHERE user_id = :user_id AND issuer = :issuer")
NEW_PERSON = text(f"""
    INSERT INTO users (kind, email, name, role) VALUES ('person', :email, :name, :role)
    ON CONFLICT (lower(email)) DO NOTHING RETURNING id, {called("users")} AS called""")
NEW_IDENTITY = text("INSERT INTO external_identities (user_id, issuer, subject) VALUES (:user_id, :issuer, :subject)")

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Outsider:
    """Somebody as an issuer knows them. ``email_verified``: the issuer made sure that the address is theirs."""

    issuer: str
    subject: str
    email: str | None
    name: str | None
    email_verified: bool = False


def person_of(outsider: Outsider, role: Role | None) -> int:
    """The id of the outsider's account. Who has none gets one with the role; with None, nobody gets one (`Forbidden`).

    A verified e-mail address leads to the account that has it, unless the issuer knows that person by another subject;
    an address that anybody could have claimed is not even stored. Raises `Unauthenticated` for a disabled person.
    """
    key = {"issuer": outsider.issuer, "subject": outsider.subject}
    known = _enabled(read_rows(KNOWN, **key))
    if known is None:
        db.session.execute(WAIT_FOR_OTHERS, key)
        known = _enabled(read_rows(KNOWN, **key))
    return _linked(outsider) or _made(outsider, role) if known is None else known


def admit(outsider: Outsider, role: Role | None, *, follow: bool) -> int:
    """The same for somebody who signs in. To ``follow`` is to give the role to a known person as well, and to let
    nobody in without one."""
    if follow and role is None:
        raise Forbidden(NO_ROLE)
    if follow:
        hold_administrators()
    user_id = person_of(outsider, role)
    if follow and role is not None:
        _give_role(user_id, role)
    return user_id


def _enabled(rows: Any) -> int | None:
    if rows and rows[0].disabled_at is not None:
        raise Unauthenticated(DISABLED)
    return int(rows[0].id) if rows else None


def _linked(outsider: Outsider) -> int | None:
    """The account with the same verified address."""
    if not (outsider.email and outsider.email_verified):
        return None
    user_id = _enabled(db.session.execute(OF_EMAIL, {"email": outsider.email}).all())
    if user_id is None or _is_known_otherwise(user_id, outsider.issuer):
        return None
    _add_identity(user_id, outsider)
    record("user.update", user_id, outsider.email, {"identity": (None, _described(outsider))})
    return user_id


def _is_known_otherwise(user_id: int, issuer: str) -> bool:
    return db.session.execute(OTHER_IDENTITY, {"user_id": user_id, "issuer": issuer}).first() is not None


def _made(outsider: Outsider, role: Role | None) -> int:
    if role is None:
        raise Forbidden(NO_ROLE)
    email = outsider.email if outsider.email_verified else None
    person = {"email": email, "name": (outsider.name or outsider.email or outsider.subject)[:NAME_LENGTH], "role": role}
    made = _inserted(person) or _inserted(person | {"email": None})  # where the address is somebody else's
    if made is None:
        raise AssertionError("without an address nothing is in the way")
    _add_identity(made.id, outsider)
    diff = {"role": (None, role), "identity": (None, _described(outsider))}
    record("user.create", made.id, made.called, diff)
    return int(made.id)


def _inserted(person: Mapping[str, Any]) -> Any:
    """The id, and how the person is called; None when somebody has the address."""
    return db.session.execute(NEW_PERSON, person).one_or_none()


def _add_identity(user_id: int, outsider: Outsider) -> None:
    db.session.execute(NEW_IDENTITY, {"user_id": user_id, "issuer": outsider.issuer, "subject": outsider.subject})


def _described(outsider: Outsider) -> str:
    return f"{outsider.subject} at {outsider.issuer}"


def _give_role(user_id: int, role: Role) -> None:
    """The last administrator stays one, or nobody could give anybody a role any more."""
    if read_rows("SELECT role FROM users WHERE id = :id", id=user_id)[0].role == role:
        return
    try:
        with db.session.begin_nested():
            update_person(user_id, {"role": role})
    except Refused as error:
        log.warning("the role of a person's groups was not given", user_id=user_id, role=role, reason=error.detail)
