"""The password once more: a session alone, which a thief may have, won't do for what would outlive it."""

from collections.abc import Callable
from typing import TypeVar

from app.errors import FieldError, Invalid, Unauthenticated
from app.identity.commands.people import lock_person
from app.identity.commands.throttle import attempt
from app.identity.passwords import is_right
from app.identity.queries.users import user

WRONG = "is wrong"

T = TypeVar("T")


def knowing_password(user_id: int, password: str, field: str, command: Callable[[], T]) -> T:
    """Run a command for somebody who gives the password once more.

    It opens its own transaction, so call it outside one: a wrong password (`Invalid` for the field) counts as a failed
    sign-in does, and after some the right one has to wait too (`TooMany`).
    """
    person = user(user_id)

    def check() -> T:
        if not is_right(lock_person(user_id).password_hash, password):
            raise Unauthenticated(WRONG)
        return command()

    try:
        return attempt(person.called.lower(), check)
    except Unauthenticated:
        raise Invalid.because([FieldError((field,), WRONG, "wrong")]) from None
