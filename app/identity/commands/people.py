"""People are made, changed and kept out here."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import delete, exists, func, insert, select, text, update

from app.audit.commands import record
from app.core.db import after_commit, refusing
from app.core.locking import lock
from app.errors import FieldError, Invalid, NotFound, Refused
from app.extensions import db
from app.identity.actor import Kind
from app.identity.addresses import EMAIL
from app.identity.models import EMAIL_LENGTH, NAME_LENGTH, ExternalIdentity, OneTimeLink, Session, User
from app.identity.permissions import GIVEN_ROLES, Role
from app.identity.queries.credentials import forget_callers

ADMINISTRATORS = "SELECT pg_advisory_xact_lock(7203, 1)"


def create_person(email: str, name: str, role: str) -> int:
    """Somebody who may sign in once there is a password, or another issuer knows the e-mail address."""
    person = checked({"email": email, "name": name, "role": role})
    with refusing({"uq_users_email": _taken(person["email"])}):
        user_id = db.session.scalars(insert(User).values(kind=Kind.PERSON, **person).returning(User.id)).one()
    record("user.create", user_id, person["email"], {name: (None, value) for name, value in person.items()})
    return user_id


def update_person(user_id: int, changes: Mapping[str, Any], expected_version: int | None = None) -> None:
    """Change ``name``, ``role`` or ``email``. When nothing differs, nothing is written."""
    wanted = checked(changes)
    if wanted.get("role", Role.ADMIN) != Role.ADMIN:
        hold_administrators()
    person = lock_person(user_id, expected_version)
    different = {name: value for name, value in wanted.items() if getattr(person, name) != value}
    if not different:
        return
    if "role" in different:
        _keep_an_administrator(person)
    with refusing({"uq_users_email": _taken(str(different.get("email")))}):
        db.session.execute(update(User).where(User.id == user_id).values(**different))
    if "email" in different:
        void_links(user_id)
    record(
        "user.update",
        user_id,
        person.called,
        {name: (getattr(person, name), different[name]) for name in different},
    )
    after_commit(forget_callers)


def disable_user(user_id: int) -> None:
    """Keep somebody out from now on: the sessions end, tokens and links no longer work. Nothing else is lost."""
    hold_administrators()
    user = lock(User, user_id, None)
    if user.disabled_at is not None:
        return
    _keep_an_administrator(user)
    db.session.execute(update(User).where(User.id == user_id).values(disabled_at=func.now()))
    db.session.execute(delete(Session).where(Session.user_id == user_id))
    void_links(user_id)
    record("user.disable", user_id, user.called)
    after_commit(forget_callers)


def enable_user(user_id: int) -> None:
    """Let somebody in again: password and tokens work as before."""
    user = lock(User, user_id, None)
    if user.disabled_at is None:
        return
    db.session.execute(update(User).where(User.id == user_id).values(disabled_at=None))
    record("user.enable", user_id, user.called)
    after_commit(forget_callers)


def lock_person(user_id: int, expected_version: int | None = None) -> User:
    """A person, nobody else's to change until the transaction ends; `NotFound` also for a service."""
    user = lock(User, user_id, expected_version)
    if user.kind != Kind.PERSON:
        raise NotFound.of("Person", user_id)
    return user


def hold_administrators() -> None:
    """Let nobody else change who is an administrator until the transaction ends. Comes before every other lock."""
    db.session.execute(text(ADMINISTRATORS))


def an_administrator(but: int | None = None) -> bool:
    """Whether an enabled person who can sign in is an administrator, one of them left out of account."""
    known_elsewhere = exists().where(ExternalIdentity.user_id == User.id)
    others = select(User.id).where(
        User.role == Role.ADMIN,
        User.disabled_at.is_(None),
        User.id.is_distinct_from(but),
        User.password_hash.is_not(None) | known_elsewhere,
    )
    return bool(db.session.scalar(select(exists(others))))


def void_links(user_id: int) -> None:
    """Let no link that was given out for a person work any longer."""
    db.session.execute(delete(OneTimeLink).where(OneTimeLink.user_id == user_id, OneTimeLink.used_at.is_(None)))


def checked(values: Mapping[str, Any]) -> dict[str, str]:
    """The values without white space at their ends; `Invalid` names every wrong one."""
    cleaned = {name: str(value).strip() for name, value in values.items()}
    problems = [FieldError((name,), *problem) for name, value in cleaned.items() if (problem := _CHECKS[name](value))]
    if problems:
        raise Invalid.because(problems)
    return cleaned


def _email_problem(email: str) -> tuple[str, str] | None:
    if len(email) > EMAIL_LENGTH:
        return f"must have {EMAIL_LENGTH} characters at most", "too_long"
    return None if EMAIL.fullmatch(email) and email.isprintable() else ("must be an e-mail address", "invalid")


def _name_problem(name: str) -> tuple[str, str] | None:
    if not name:
        return "must not be empty", "too_short"
    if len(name) > NAME_LENGTH:
        return f"must have {NAME_LENGTH} characters at most", "too_long"
    return None if name.isprintable() else ("must be one line of printable characters", "invalid")


def _role_problem(role: str) -> tuple[str, str] | None:
    return None if role in GIVEN_ROLES else (f"must be one of {', '.join(GIVEN_ROLES)}", "unknown_token")


_CHECKS = {"email": _email_problem, "name": _name_problem, "role": _role_problem}


def _taken(email: str) -> Refused:
    return Refused.because_of("email", f"Somebody with the e-mail address {email} is here already.", "duplicate")


def _keep_an_administrator(user: User) -> None:
    """Somebody has to be able to let others in."""
    if user.role == Role.ADMIN and user.disabled_at is None and not an_administrator(but=user.id):
        raise Refused.because_of("role", f"{user.called} is the last administrator; make another one first.", "last")
