"""Who sees a saved search, and may change it."""

from typing import Protocol

from app.identity.actor import Actor, Kind
from app.identity.audience import Audience
from app.identity.permissions import Permission


class Saved(Protocol):
    """The columns of a saved search that decide."""

    @property
    def owner_id(self) -> int | None: ...
    @property
    def shared(self) -> bool: ...


def owns(actor: Actor, saved: Saved) -> bool:
    """Whether it is the actor's own. One without an owner was saved while nobody had to sign in; it is the
    administrators'."""
    if saved.owner_id is None:
        return actor.may(Permission.USERS)
    return saved.owner_id == actor.user_id


def sees(actor: Actor, saved: Saved) -> bool:
    """Whether it exists for the actor: its own, and shared ones for everybody who is known and may read."""
    known = actor.kind is not Kind.ANONYMOUS and actor.may(Permission.READ)
    return known and (saved.shared or owns(actor, saved))


def sees_sql(actor: Actor) -> str:
    """`sees` as a condition on a saved search ``s``; it binds ``:reader``, the actor's id."""
    if actor.kind is Kind.ANONYMOUS or not actor.may(Permission.READ):
        return "false"
    ownerless = " OR s.owner_id IS NULL" if actor.may(Permission.USERS) else ""
    return f"(s.shared OR s.owner_id = CAST(:reader AS integer){ownerless})"


def may_change(actor: Actor, saved: Saved) -> bool:
    """Whether the actor may change or delete it: its owner, and administrators those that they see."""
    return owns(actor, saved) or (sees(actor, saved) and actor.may(Permission.USERS))


def sees_all_of(actor: Actor, owner: Audience) -> bool:
    """Whether nothing is seen by the owner that the actor doesn't see. A key of a feed shows what its owner sees, so a
    token with fewer rights must not make itself one."""
    audience = actor.audience
    return owner.visibilities <= audience.visibilities and audience.every_draft >= owner.every_draft
