"""Upkeep that the worker runs for search."""

from app.core.db import transact
from app.core.jobs import Periodic
from app.search.commands.logging_searches import purge_search_log
from app.search.commands.refreshing import refresh_if_due


def forget_searches() -> None:
    """Forget what was searched for long ago."""
    transact(purge_search_log)


UPKEEP: tuple[Periodic, ...] = (
    Periodic("count the words of search", every_seconds=60, run=refresh_if_due),
    Periodic("forget old searches", every_seconds=3600, run=forget_searches),
)
