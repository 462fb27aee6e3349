"""A person's password is set here, and nowhere else."""

from collections.abc import Callable
from typing import TypeVar

from sqlalchemy import update

from app.audit.commands import record
from app.core.db import after_commit
from app.errors import FieldError, Invalid, Unauthenticated
from app.extensions import db
from app.identity.commands.people import lock_person, void_links
from app.identity.commands.sessions import end_other_sessions, own_session
from app.identity.commands.throttle import attempt
from app.identity.models import User
from app.identity.passwords import is_right, new_hash
from app.identity.queries.credentials import forget_callers
from app.identity.queries.users import user

WRONG = "is wrong"

T = TypeVar("T")


def set_password(user_id: int, password: str, field: str = "password") -> None:
    """Give a person a password. Sessions on other devices end: whoever is there may know the old one.

    Raises `Invalid` for the field when it is too short, too long or easy to guess.
    """
    person = lock_person(user_id)
    stored = new_hash(password, (person.email or "", person.name), field)
    db.session.execute(update(User).where(User.id == user_id).values(password_hash=stored))
    end_other_sessions(user_id, own_session(user_id))
    void_links(user_id)
    record("user.password", user_id, person.email or person.name)
    after_commit(forget_callers)


def change_password(user_id: int, current: str, new: str) -> None:
    """The same for somebody who knows the current one; `Invalid` for ``current_password`` or ``new_password``.

    Transaction and `TooMany` as with `knowing_password`.
    """
    knowing_password(user_id, current, "current_password", lambda: set_password(user_id, new, "new_password"))


def knowing_password(user_id: int, password: str, field: str, command: Callable[[], T]) -> T:
    """Run a command for somebody who gives the password once more: a session alone, which a thief may have, won't do.

    It opens its own transaction, so call it outside one: a wrong password (`Invalid` for the field) counts as a failed
    sign-in does, and after some the right one has to wait too (`TooMany`).
    """
    person = user(user_id)

    def check() -> T:
        if not is_right(lock_person(user_id).password_hash, password):
            raise Unauthenticated(WRONG)
        return command()

    try:
        return attempt((person.email or person.name).lower(), check)
    except Unauthenticated:
        raise Invalid.because([FieldError((field,), WRONG, "wrong")]) from None
