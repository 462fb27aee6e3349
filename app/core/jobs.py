"""What the worker does again and again."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Periodic:
    """Upkeep to run every so many seconds, in an application context.

    Running it again or late must do no harm: a run that was cut off by a stop or a lost database is simply repeated.
    ``apart`` is what takes long, or what people wait for: no other job is kept waiting by it, nor it by others.
    """

    name: str
    every_seconds: float
    run: Callable[[], object]
    apart: bool = False
