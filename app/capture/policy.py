"""Whose working copies and templates are whose."""

from typing import Protocol

from app.identity.actor import Actor
from app.identity.permissions import Permission


class Template(Protocol):
    """The columns of a template that decide."""

    @property
    def owner_id(self) -> int | None: ...
    @property
    def shared(self) -> bool: ...


def keeps_copies(actor: Actor) -> bool:
    """Whether what the actor writes can be kept as the actor's own: it has an account, or sits at an installation where
    nobody needs one (other sites' pages there do not count)."""
    return actor.user_id is not None or actor.may(Permission.USERS)


def owns(actor: Actor, template: Template) -> bool:
    """Whether the template is the actor's own; one without an owner is the administrators'."""
    if template.owner_id is None:
        return actor.may(Permission.USERS)
    return template.owner_id == actor.user_id


def sees(actor: Actor, template: Template) -> bool:
    """Whether the actor finds it in the list: its own, and what others share."""
    return template.shared or owns(actor, template)


def sees_sql(actor: Actor) -> str:
    """`sees` as a condition on a template ``t``; it binds ``:reader``, the actor's id."""
    ownerless = " OR t.owner_id IS NULL" if actor.may(Permission.USERS) else ""
    return f"(t.shared OR t.owner_id = CAST(:reader AS integer){ownerless})"


def may_change(actor: Actor, template: Template) -> bool:
    """Whether the actor may change or delete it: its owner, and administrators what is shared."""
    return owns(actor, template) or (template.shared and actor.may(Permission.USERS))
