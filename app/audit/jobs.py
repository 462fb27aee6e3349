"""Upkeep that the worker runs for the audit log."""

from app.audit.commands import keep_partitions
from app.core.jobs import Periodic

UPKEEP: tuple[Periodic, ...] = (
    Periodic("keep the audit log's partitions", every_seconds=6 * 3600, run=keep_partitions),
)
