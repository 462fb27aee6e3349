"""Upkeep that the worker runs for the counts."""

from app.analytics.commands import fold_counts, vacuum_deltas
from app.core.jobs import Periodic

UPKEEP: tuple[Periodic, ...] = (
    Periodic("fold the counts", every_seconds=1, run=fold_counts),
    Periodic("vacuum the folded counts", every_seconds=60, run=vacuum_deltas),
)
