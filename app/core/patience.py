"""Sessions of the database that nobody waits on for ever.

The server ends what takes too long. But a server that is stopped, or behind a network that swallows everything, ends
nothing: so the client gives up too, a little later than the server would.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from time import monotonic
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

import psycopg
from psycopg.abc import PQGen
from psycopg.errors import ConnectionTimeout
from psycopg.pq import TransactionStatus
from sqlalchemy import Engine, event

T = TypeVar("T")

# How long a server may take to say that it is there.
PING_SECONDS = 3.0
# For the server to end a statement by itself, and to say so.
GRACE_SECONDS = 3.0
# A session that was heard of no longer ago needs no ping.
IDLE_SECONDS = 1.0
# How long a server that said nothing is left alone: who comes meanwhile is told so at once, not kept waiting.
PAUSE_SECONDS = 2.0
INTERVAL_SECONDS = 0.1


class Silent(psycopg.OperationalError):
    """The server does not answer in time."""


@dataclass
class Server:
    """What one engine knows of its server. It ends statements after ``statement_timeout`` seconds; 0: it never does,
    and nobody gives up."""

    statement_timeout: float = 0.0
    silent_until: float = 0.0

    @property
    def patience(self) -> float | None:
        return self.statement_timeout + GRACE_SECONDS if self.statement_timeout else None

    def leave_alone(self) -> None:
        self.silent_until = monotonic() + PAUSE_SECONDS

    def admit(self) -> None:
        """Raises `Silent` while it is left alone."""
        if monotonic() < self.silent_until:
            raise Silent("the server did not answer just now")


class Session(psycopg.Connection[Any]):
    """A connection that waits no longer for its server than makes sense."""

    server = Server()
    heard = 0.0
    hurried = False

    def wait(self, gen: PQGen[T], interval: float = INTERVAL_SECONDS, timeout: float | None = None) -> T:
        try:
            answer = super().wait(gen, interval, self._patience() if timeout is None else timeout)
        except psycopg.OperationalError as error:
            if self.pgconn.transaction_status != TransactionStatus.ACTIVE:
                raise
            self.close()  # what the server may say one day would be taken for the answer to something else
            self.server.leave_alone()
            raise Silent("the server does not answer") from error
        self.heard = monotonic()
        return answer

    def _patience(self) -> float | None:
        if not self.hurried or self.server.patience is None:
            return self.server.patience
        self.server.admit()
        return PING_SECONDS

    def ping(self) -> None:
        """Ask the server whether it is there, unless it was heard of just now. Raises psycopg's error."""
        if monotonic() - self.heard > IDLE_SECONDS:
            self.hurried = True
            try:
                self.execute("SELECT 1")
            finally:
                self.hurried = False


_servers: WeakKeyDictionary[Engine, Server] = WeakKeyDictionary()


def lose_patience(engine: Engine, statement_timeout: float) -> None:
    """Let an engine's sessions give up: soon when one that comes out of the pool is asked whether it lives, and a
    little later than the server would when it is asked anything else."""
    _servers[engine] = Server(statement_timeout)
    event.listen(engine, "do_connect", lambda dialect, record, arguments, options: connector(engine)())
    event.listen(engine, "checkin", lambda session, record: _hurry(session, True))
    event.listen(engine, "checkout", lambda session, record, pooled: _hurry(session, False))


def connector(engine: Engine, settings: str = "") -> Callable[..., Session]:
    """What opens a session as the engine does, with further ``settings`` of the server (`` -c name=value``); psycopg's
    options may be added."""
    arguments, options = engine.dialect.create_connect_args(engine.url)
    if settings:
        options["options"] = options.get("options", "") + settings
    return partial(_connect, _servers.get(engine, Server()), *arguments, **options)


def _connect(server: Server, *arguments: Any, **options: Any) -> Session:
    server.admit()
    try:
        session = Session.connect(*arguments, **options)
    except ConnectionTimeout:
        server.leave_alone()
        raise
    session.server = server
    return session


def _hurry(session: Session | None, hurried: bool) -> None:
    if session is not None:
        session.hurried = hurried
