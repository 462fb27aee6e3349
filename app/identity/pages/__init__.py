"""The pages of identity: signing in, one's own account, everybody's accounts."""

from flask import Flask

from app.identity.acting import current_actor
from app.identity.actor import Actor
from app.identity.pages.notices import Notice


def equip(app: Flask) -> None:
    """Tell every template who asks (``actor``, None before that is known) and what was just done (``notice``)."""
    app.context_processor(lambda: {"actor": _actor(), "notice": Notice.of_request()})


def _actor() -> Actor | None:
    try:
        return current_actor()
    except LookupError:  # an error page of a request that was refused before anybody asked who sent it
        return None
