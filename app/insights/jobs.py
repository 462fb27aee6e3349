"""Upkeep that the worker runs for insights."""

from flask import current_app

from app.core.db import transact
from app.core.jobs import Periodic
from app.insights.commands.trashing import purge_trash


def purge() -> None:
    """Delete for good what has been in the trash long enough."""
    transact(purge_trash, current_app.config["TRASH_DAYS"])


UPKEEP: tuple[Periodic, ...] = (Periodic("purge the trash", every_seconds=3600, run=purge),)
