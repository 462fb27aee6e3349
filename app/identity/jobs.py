"""Upkeep that the worker runs for what people and scripts show to be known."""

from app.core.db import transact
from app.core.jobs import Periodic
from app.identity.commands.expiry import forget_expired

UPKEEP: tuple[Periodic, ...] = (
    Periodic("forget expired sessions and links", every_seconds=3600, run=lambda: transact(forget_expired)),
)
