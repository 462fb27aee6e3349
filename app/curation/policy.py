"""Who sees a receipt, and may undo what it is of."""

from app.curation.models import Receipt
from app.identity.actor import Actor
from app.identity.permissions import Permission


def sees_receipt(actor: Actor, receipt: Receipt) -> bool:
    """Receipts are seen, and undone, by who did the act and by editors."""
    did_it = receipt.actor_id is not None and receipt.actor_id == actor.user_id
    return did_it or actor.may(Permission.EDIT)


def sees_receipt_sql(actor: Actor) -> str:
    """The same as a condition on a receipt ``r``; it binds ``:reader``, the actor's id."""
    return "true" if actor.may(Permission.EDIT) else "r.actor_id = CAST(:reader AS integer)"
