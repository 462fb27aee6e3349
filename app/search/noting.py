"""The search log as requests see it: which answer it is, who asks, and what is written once the answer is out."""

import hashlib
import hmac
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import structlog
from flask import Response, after_this_request, current_app, request
from itsdangerous import BadSignature, Signer

from app.core.clock import now
from app.errors import DomainError, NotFound
from app.identity.acting import current_actor
from app.identity.encryption import derived_key
from app.search.commands.logging_searches import Asked, log_opened, log_search
from app.search.queries.wanted import Search

PURPOSE = "search log"
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
# An answer begins with what is known of all matches.
BEGINNING = re.compile(rb'\{"total" ?: ?(\d+),.*?"matched" ?: ?(?:null|"(\w+)")')

log = structlog.get_logger(__name__)


def note(query: str, results: int, matched: str | None) -> str:
    """Log what this request found, once its answer is out, and return the search's id: for telling later what was
    opened of it. Never fails: without a database there is no entry."""
    search_id = _signer().sign(str((now() - EPOCH) // MICROSECOND)).decode("ascii")
    search = asked(search_id)
    _afterwards(lambda: log_search(search, query, results, matched))
    return search_id


def noted(answer: bytes, search: Search) -> bytes:
    """The answer (`SearchPage`) to a text, with the id of the search as its last member. Of conditions alone, as people
    browse by them, it stays as it is: nothing was searched for that could be missing."""
    beginning = BEGINNING.match(answer) if search.has_text else None
    if not beginning:
        return answer
    total, matched = beginning.groups()
    search_id = note(search.query.text, int(total), matched.decode() if matched else None)
    return b'%b, "search_id": "%b"}' % (answer.removesuffix(b"}"), search_id.encode("ascii"))


def note_opened(insight_id: int) -> None:
    """Log that this request shows an insight, when it comes from the answer to a search: the results link to their
    pages with ``?search=``, its id."""
    try:
        search = asked(request.args.get("search", ""))
    except NotFound:
        return
    _afterwards(lambda: log_opened(search, insight_id))


def asked(search_id: str) -> Asked:
    """Which search of the caller's own it is. `NotFound` for an id that was not given here.

    Another caller's id is not told from one that was forgotten: it names a search that this caller never made.
    """
    try:
        microseconds = int(_signer().unsign(search_id))
    except BadSignature as error:
        raise NotFound.of("Search", search_id) from error
    at = EPOCH + microseconds * MICROSECOND
    return Asked(at, _searcher(at))


def _afterwards(write: Callable[[], None]) -> None:
    """Write when the answer was sent: nobody waits for it, and what goes wrong is nobody's trouble."""
    app_context = current_app.app_context  # of the application itself: by then there is no current one

    def written() -> None:
        try:
            with app_context():
                write()
        except DomainError:
            pass  # the database is away: whoever needs it is told
        except Exception:
            log.exception("a search could not be logged")

    @after_this_request
    def when_it_is_sent(response: Response) -> Response:
        if response.status_code < 400:
            response.call_on_close(written)
        return response


def _searcher(at: datetime) -> bytes:
    """Enough to tell that two searches of one day are of the same person, and no more: the day is part of it."""
    actor = current_actor()
    known = f"user {actor.user_id}" if actor.user_id is not None else f"{request.remote_addr} {request.user_agent}"
    return hmac.digest(derived_key(PURPOSE), f"{at.date()} {known}".encode(), "sha256")


def _signer() -> Signer:
    # Its defaults are SHA-1.
    return Signer(derived_key(f"{PURPOSE} ids"), key_derivation="hmac", digest_method=hashlib.sha256)
