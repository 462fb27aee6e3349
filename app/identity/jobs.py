"""Upkeep that the worker runs for what people and scripts show to be known."""

from flask import current_app

from app.core.db import transact
from app.core.jobs import Periodic
from app.identity.commands.expiry import forget_expired


def forget() -> None:
    """Delete what nobody could show any more."""
    transact(forget_expired, current_app.config["SESSION_IDLE_HOURS"])


UPKEEP: tuple[Periodic, ...] = (Periodic("forget expired sessions, links and answers", every_seconds=3600, run=forget),)
