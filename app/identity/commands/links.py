"""Addresses that work once: for an invited person, for a forgotten password, for the first administrator."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, delete, func, insert, select, update

from app.audit.commands import record
from app.core.clock import now
from app.errors import NotFound, Refused
from app.extensions import db
from app.identity.commands.passwords import set_password
from app.identity.commands.people import an_administrator, create_person, hold_administrators, lock_person
from app.identity.models import OneTimeLink, Purpose, User
from app.identity.permissions import Role
from app.identity.queries.links import reset_lately
from app.identity.secrets import hashed, new_secret

GOOD_FOR = {
    Purpose.INVITE: timedelta(days=7),
    Purpose.RESET: timedelta(hours=1),
    Purpose.FIRST_ADMINISTRATOR: timedelta(hours=24),
}
USELESS = "This link does not exist, was used already, or is too old. Ask for a new one."


@dataclass(frozen=True, slots=True)
class OpenLink:
    """A link that works. Nobody is known yet (None) by the one for the first administrator."""

    purpose: Purpose
    user_id: int | None
    email: str | None
    name: str | None


def create_link(purpose: Purpose, user_id: int | None = None) -> str:
    """The secret of a new link; earlier ones for the same purpose and person stop working."""
    person = None if user_id is None else lock_person(user_id)
    if person is not None and person.disabled_at is not None:
        raise Refused(f"{person.called} is disabled: a link would be of no use.")
    earlier = (OneTimeLink.purpose == purpose) & OneTimeLink.user_id.is_not_distinct_from(user_id)
    db.session.execute(delete(OneTimeLink).where(earlier, OneTimeLink.used_at.is_(None)))
    return _new_link(purpose, person)


def create_requested_link(user_id: int) -> str | None:
    """The secret of a link for a new password that anybody may have asked for; None for the disabled, and when one was
    made a moment ago: no stranger fills a mailbox. Nor makes one useless: earlier links go on working."""
    person = lock_person(user_id)
    if person.disabled_at is not None or reset_lately(user_id):
        return None
    return _new_link(Purpose.RESET, person)


def first_administrator_link() -> str | None:
    """The secret of a link that makes an administrator; None when there is one."""
    hold_administrators()
    return None if an_administrator() else create_link(Purpose.FIRST_ADMINISTRATOR)


def open_link(secret: str) -> OpenLink:
    """Who a link is for, without using it up; `NotFound` in the same words whatever is wrong with it."""
    links = select(OneTimeLink.purpose, OneTimeLink.user_id, User.email, User.name)
    link = db.session.execute(links.outerjoin(User).where(_works(secret))).one_or_none()
    if link is None or (link.user_id is None and an_administrator()):
        raise NotFound(USELESS)
    return OpenLink(Purpose(link.purpose), link.user_id, link.email, link.name)


def use_link_for_password(secret: str, password: str) -> int:
    """Set the password of the person whom a link is for and return the id. A password that is refused leaves it."""
    user_id: int = _use(secret, OneTimeLink.user_id.is_not(None))
    set_password(user_id, password)
    return user_id


def use_link_for_first_administrator(secret: str, email: str, name: str, password: str) -> int:
    """Make the first administrator and return the id; of two at once one does."""
    hold_administrators()
    if an_administrator():
        raise NotFound(USELESS)
    _use(secret, OneTimeLink.purpose == Purpose.FIRST_ADMINISTRATOR)
    user_id = create_person(email, name, Role.ADMIN)
    set_password(user_id, password)
    return user_id


def _new_link(purpose: Purpose, person: User | None) -> str:
    secret = new_secret()
    link = {
        "purpose": purpose,
        "user_id": person.id if person else None,
        "token_hash": hashed(secret),
        "expires_at": now() + GOOD_FOR[purpose],
    }
    link_id = db.session.scalar(insert(OneTimeLink).values(link).returning(OneTimeLink.id))
    record("link.create", link_id, person.called if person else None, {"purpose": (None, purpose)})
    return secret


def _use(secret: str, condition: ColumnElement[bool]) -> Any:
    """Use a link up and return its user's id. Of several at once one does: the others wait for it, and find it used."""
    used = (
        update(OneTimeLink)
        .where(_works(secret), condition)
        .values(used_at=func.now())
        .returning(OneTimeLink.id, OneTimeLink.user_id)
    )
    link = db.session.execute(used).one_or_none()
    if link is None:
        raise NotFound(USELESS)
    record("link.use", link.id)
    return link.user_id


def _works(secret: str) -> ColumnElement[bool]:
    return and_(
        OneTimeLink.token_hash == hashed(secret), OneTimeLink.used_at.is_(None), OneTimeLink.expires_at > func.now()
    )
