"""Upkeep that the worker runs for attachments."""

from app.attachments.commands.forgetting import AT_ONCE, drop_unnamed, forget_unmentioned
from app.core.db import transact
from app.core.jobs import Periodic


def forget() -> None:
    """Forget files that nothing mentions, as many as there are."""
    while transact(forget_unmentioned) == AT_ONCE:
        pass


UPKEEP: tuple[Periodic, ...] = (
    Periodic("forget files that nothing mentions", every_seconds=3600, run=forget),
    Periodic("drop the bytes of forgotten files", every_seconds=86400, run=drop_unnamed),
)
