"""Who may do what with one insight: pure predicates over the actor and what is stored or wanted.

A draft is its author's and the editors'; the rest is the editors'. What an actor doesn't see isn't asked here: it does
not exist for that actor.
"""

from collections.abc import Mapping
from typing import Any, Protocol

from app.identity.actor import Actor
from app.identity.permissions import Permission
from app.insights.models import Status


class Stored(Protocol):
    """The columns of a stored insight that decide."""

    @property
    def status(self) -> str: ...
    @property
    def visibility(self) -> str: ...
    @property
    def owner_id(self) -> int | None: ...


def sees(actor: Actor, insight: Stored) -> bool:
    """Whether the insight exists for the actor; the queries' condition for a row that is at hand."""
    return actor.audience.sees(insight.visibility, insight.status, insight.owner_id)


def may_change(actor: Actor, insight: Stored) -> bool:
    """Whether the actor may change or delete it."""
    own_draft = insight.status == Status.DRAFT and insight.owner_id is not None and insight.owner_id == actor.user_id
    return actor.may(Permission.EDIT) or (own_draft and actor.may(Permission.CAPTURE))


def may_change_sql(actor: Actor) -> str:
    """`may_change` as a condition on an insight ``i``, in the trash or not; it binds ``:changer``, the actor's id."""
    if actor.may(Permission.EDIT):
        return "true"
    if actor.may(Permission.CAPTURE):
        return "(i.status = 'draft' AND (i.owner_id = CAST(:changer AS integer)) IS TRUE)"
    return "false"


def may_give(actor: Actor, wanted: Mapping[str, Any]) -> bool:
    """Whether the actor may give an insight the wanted status: publishing and archiving are the editors'."""
    return actor.may(Permission.EDIT) or wanted.get("status", Status.DRAFT) == Status.DRAFT
