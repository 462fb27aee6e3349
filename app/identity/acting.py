"""Who acts just now. An edge (a request, a command, the worker) says so once; commands ask."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from app.audit.origin import originating
from app.errors import Forbidden
from app.identity.actor import Actor

_actor: ContextVar[Actor] = ContextVar("actor")


def current_actor() -> Actor:
    """Who acts; `LookupError` where nobody was named, so that nothing is ever allowed by default."""
    return _actor.get()


@contextmanager
def acting(actor: Actor, ip: str | None = None, request_id: str | None = None) -> Iterator[None]:
    """Let an actor act inside the block; the audit log names it, with the address and the request."""
    before = _actor.set(actor)
    try:
        with originating(actor.origin(ip, request_id)):
            yield
    finally:
        _actor.reset(before)


def require(allowed: bool, refusal: str) -> None:
    """Raise `Forbidden` with a sentence for people unless it is allowed."""
    if not allowed:
        raise Forbidden(refusal)
