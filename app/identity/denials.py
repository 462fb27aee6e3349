"""Every refusal is written down, as far as that can't be used to fill the log."""

from threading import Lock

import structlog
from cachetools import TTLCache
from flask import Flask, Response, current_app, g, request

from app.audit.commands import record_denial
from app.core.redaction import redacted_text
from app.core.telemetry import endpoint
from app.identity.acting import current_actor
from app.identity.actor import Actor, Kind
from app.identity.permissions import is_open

# So many refusals of one caller at one door are written down within so many seconds, in each process.
SECONDS = 10
MOST_OF_STRANGERS, MOST_OF_KNOWN = 1, 10
_EXTENSION = "denials"
_TOLD = "denied"
ACCESS = "access.denied"

log = structlog.get_logger(__name__)
_lock = Lock()

# (caller, door) -> how many were written down lately.
Lately = TTLCache[tuple[str, str], int]


def connect(app: Flask) -> None:
    """Give the application its memory of what was written down lately."""
    app.extensions[_EXTENSION] = TTLCache(10_000, SECONDS)


def tell(verb: str = ACCESS, subject_id: str | None = None) -> None:
    """Have this request written down as refused, though its answer says something else (a way to sign in).

    Without a ``subject_id`` it is what was asked for, named by the answer's status.
    """
    g.denied = verb, subject_id


def write_down(response: Response) -> Response:
    """After a request: an entry for one that was refused. The refusal stands, also when it can't be written."""
    if request.url_rule is not None and _was_refused(response):
        door = f"{request.method} {endpoint(request)}"
        actor = current_actor()
        if _few_enough(actor, door):
            _record(response)
    return response


def _was_refused(response: Response) -> bool:
    """A password that was wrong, where everybody may knock, tells of itself."""
    if response.status_code == 401 and is_open(request.method, endpoint(request)):
        return False
    return response.status_code in (401, 403) or _TOLD in g


def _few_enough(actor: Actor, door: str) -> bool:
    lately: Lately = current_app.extensions[_EXTENSION]
    key = (actor.credential or request.remote_addr or "", door)
    most = MOST_OF_STRANGERS if actor.kind is Kind.ANONYMOUS else MOST_OF_KNOWN
    with _lock:
        written = lately.get(key, 0)
        if written < most:
            lately[key] = written + 1
    return written < most


def _record(response: Response) -> None:
    verb, subject_id = g.get(_TOLD, (ACCESS, None))
    asked, status = redacted_text(f"{request.method} {request.path}"), str(response.status_code)
    try:
        record_denial(verb, *((subject_id,) if subject_id else (asked, status)))
    except Exception:
        log.exception("a denial could not be written to the audit log")
