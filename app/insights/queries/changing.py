"""Whether somebody may change an insight that is shown: for the page that offers it. Who changes it is asked again."""

from app.core.db import read_rows
from app.identity.actor import Actor
from app.identity.permissions import Permission
from app.insights.models import Status
from app.insights.policy import may_change_sql


def may_change_now(actor: Actor, insight_id: int, status: str) -> bool:
    """`policy.may_change` for an insight that the actor sees, in this status. One statement at most, and none for those
    whom the insight's owner does not concern."""
    if actor.may(Permission.EDIT) or not actor.may(Permission.CAPTURE) or status != Status.DRAFT:
        return actor.may(Permission.EDIT)
    statement = f"SELECT {may_change_sql(actor)} AS may FROM insights i WHERE i.id = :id"
    return any(row.may for row in read_rows(statement, id=insight_id, changer=actor.user_id))
