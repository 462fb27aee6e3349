"""A person's password is set here, and nowhere else."""

from sqlalchemy import update

from app.audit.commands import record
from app.core.db import after_commit
from app.extensions import db
from app.identity.commands.people import lock_person, void_links
from app.identity.commands.reauthentication import knowing_password
from app.identity.commands.sessions import end_other_sessions, own_session
from app.identity.commands.tokens import revoke_tokens
from app.identity.models import User
from app.identity.passwords import new_hash
from app.identity.queries.credentials import forget_callers


def set_password(user_id: int, password: str, field: str = "password") -> None:
    """Give a person a password. Sessions on other devices end: whoever is there may know the old one.

    Raises `Invalid` for the field when it is too short, too long or easy to guess.
    """
    person = lock_person(user_id)
    stored = new_hash(password, (person.email or "", person.name), field)
    db.session.execute(update(User).where(User.id == user_id).values(password_hash=stored))
    end_other_sessions(user_id, own_session(user_id))
    void_links(user_id)
    record("user.password", user_id, person.called)
    after_commit(forget_callers)


def change_password(user_id: int, current: str, new: str, *, revoke: bool = False) -> None:
    """The same for somebody who knows the current one; `Invalid` for ``current_password`` or ``new_password``.

    ``revoke`` makes the person's API tokens useless too. Transaction and `TooMany` as with `knowing_password`.
    """

    def command() -> None:
        set_password(user_id, new, "new_password")
        if revoke:
            revoke_tokens(user_id)

    knowing_password(user_id, current, "current_password", command)
