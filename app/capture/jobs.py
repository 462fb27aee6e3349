"""Upkeep that the worker runs for capture."""

from app.capture.commands.copies import drop_old_copies
from app.core.db import transact
from app.core.jobs import Periodic


def drop_old() -> None:
    """Forget what nobody went on writing for 90 days."""
    transact(drop_old_copies)


UPKEEP: tuple[Periodic, ...] = (Periodic("drop old working copies", every_seconds=3600, run=drop_old),)
