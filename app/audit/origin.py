"""On whose behalf something happens: the words that an audit entry takes."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Origin:
    """Who acts, and from where. ``actor_id`` is a user's; people at the command line and upkeep have none."""

    actor_kind: str
    actor_name: str
    actor_id: int | None = None
    ip: str | None = None
    request_id: str | None = None


_origin: ContextVar[Origin] = ContextVar("origin")


def current_origin() -> Origin:
    """The origin of what is going on; `LookupError` where nobody was named, so that nothing is done by nobody."""
    return _origin.get()


@contextmanager
def originating(origin: Origin) -> Iterator[None]:
    """Name the origin of everything that is recorded inside the block."""
    before = _origin.set(origin)
    try:
        yield
    finally:
        _origin.reset(before)
