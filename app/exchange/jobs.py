"""Upkeep that the worker runs for imports."""

from app.core.db import transact
from app.core.jobs import Periodic
from app.exchange.running import claimed, run
from app.exchange.uploads import forget_uploads


def run_next() -> None:
    """Try out or write the upload that waits longest; a stop of the worker cuts it off."""
    upload = claimed()
    if upload is not None:
        run(upload)


UPKEEP: tuple[Periodic, ...] = (
    Periodic("run uploaded imports", every_seconds=1, run=run_next, apart=True),
    Periodic("forget old imports", every_seconds=3600, run=lambda: transact(forget_uploads)),
)
