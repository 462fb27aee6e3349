"""The one way to the database: statements that read, and the one transaction of a request or job that writes."""

import random
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple, ParamSpec, TypeVar

import structlog
from psycopg import errors as pg
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as NoFreeConnection

from app.core import reading
from app.errors import DomainError, Invalid, NotFound, Refused, Unavailable
from app.extensions import db

P = ParamSpec("P")
T = TypeVar("T")

ATTEMPTS = 8
RETRYABLE = (pg.SerializationFailure, pg.DeadlockDetected)
OUT_OF_RANGE = "out of range"
_AFTER_COMMIT = "after_commit"

log = structlog.get_logger(__name__)


def read_json(statement: str, /, **parameters: object) -> bytes | None:
    """Run one reading statement whose only column is JSON that Postgres made; None when it answers no row."""
    rows = read_rows(statement, **parameters)
    return str(rows[0][0]).encode() if rows and rows[0][0] is not None else None


class Versioned(NamedTuple):
    """One stored thing as JSON, and the version that it has."""

    body: bytes
    version: int


def read_versioned(kind: str, statement: str, key: int, /, **parameters: object) -> Versioned:
    """Run one reading statement with the columns JSON and version for ``:id``; `NotFound` when it answers no row."""
    rows = read_rows(statement, id=key, **parameters)
    if not rows:
        raise NotFound.of(kind, key)
    return Versioned(str(rows[0][0]).encode(), rows[0][1])


def read_rows(statement: str, /, **parameters: object) -> Sequence[Any]:
    """Run one reading statement and return its rows, with columns as attributes.

    Inside a transaction it sees the transaction's own writes; outside it runs in autocommit, one round trip.
    """
    if db.session.registry.has() and (session := db.session()).in_transaction():
        return session.execute(text(statement), parameters).all()
    with domain_errors():
        return reading.read(db.engine, statement, parameters)


def transact(command: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
    """Run a command in a transaction of its own and commit it; whatever it raises rolls everything back.

    A command that lost a race (serialisation failure, deadlock) is run again from its beginning, so it must do
    nothing outside the database: that goes into `after_commit`.
    """
    with domain_errors():
        for attempt in range(1, ATTEMPTS):
            try:
                return _commit(command, *args, **kwargs)
            except DBAPIError as error:
                if not isinstance(error.orig, RETRYABLE):
                    raise
                time.sleep(random.uniform(0, 0.01 * 2**attempt))  # noqa: S311  # spreads retries, guards nothing
        return _commit(command, *args, **kwargs)


def _commit(command: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
    session = db.session()
    if _AFTER_COMMIT in session.info:
        raise RuntimeError("A command runs in its caller's transaction: it must not open another.")
    callbacks: list[Callable[[], object]] = []
    session.info[_AFTER_COMMIT] = callbacks
    if not session.in_transaction():
        session.begin()  # or a command that begins with `read_rows` would read, and lock, outside of it
    try:
        result = command(*args, **kwargs)
        session.commit()
    except BaseException:
        session.rollback()
        raise
    finally:
        del session.info[_AFTER_COMMIT]
    for callback in callbacks:
        _call_back(callback)
    return result


def _call_back(callback: Callable[[], object]) -> None:
    """What was written is written: a callback that fails is a fault to look into, not a failure of the command."""
    try:
        callback()
    except Exception:
        log.exception("a callback after the commit failed")


def after_commit(callback: Callable[[], object]) -> None:
    """Call back once the running transaction (`transact`) is committed; never when it is rolled back."""
    db.session().info[_AFTER_COMMIT].append(callback)


@contextmanager
def refusing(errors: Mapping[str, DomainError]) -> Iterator[None]:
    """Answer the violation of a named constraint (or `OUT_OF_RANGE`: an id that no column can hold) with the given
    error: the database decides, also in a race."""
    try:
        yield
    except DBAPIError as error:
        name = OUT_OF_RANGE if isinstance(error.orig, pg.NumericValueOutOfRange) else _constraint(error)
        if name in errors:
            raise errors[name] from error
        raise


@contextmanager
def domain_errors(passing: tuple[type[pg.Error], ...] = ()) -> Iterator[None]:
    """The last net: what the database refuses or can't do leaves as an error of ours, never as a driver's.

    A command that goes on after a refusal (it used a savepoint) lets `RETRYABLE` pass, which `transact` waits for.
    """
    try:
        yield
    except (DBAPIError, pg.Error, NoFreeConnection) as error:
        cause = error.orig if isinstance(error, DBAPIError) else error
        meaning = None if isinstance(cause, passing) else _meaning(cause)
        if meaning is None:
            raise
        raise meaning from error


def _meaning(error: BaseException | None) -> DomainError | None:
    match error:
        case pg.IntegrityError():
            return Refused(f"The database refused this change: it breaks {error.diag.constraint_name}.")
        case pg.DataError():
            return Invalid(f"The database can't store this value: {error.diag.message_primary}.")
        case pg.SerializationFailure() | pg.DeadlockDetected() | pg.LockNotAvailable():
            return Unavailable("Others are changing the same data just now.")
        case pg.ProgramLimitExceeded():
            return Invalid(f"The database can't store this value: {error.diag.message_primary}.")
        case pg.QueryCanceled():
            return Unavailable("This takes too long just now; ask for less, or try again later.")
        case pg.OperationalError() | pg.InterfaceError():
            return Unavailable("The database can't be reached just now.")
        case NoFreeConnection():
            return Unavailable("Too many requests are waiting for the database just now.")
    return None


def _constraint(error: DBAPIError) -> str:
    return (error.orig.diag.constraint_name if isinstance(error.orig, pg.Error) else None) or "a constraint"


def close_connections() -> None:
    """Let go of every idle connection: before a fork, or when an application ends."""
    reading.close(db.engine)
    db.session.remove()
    db.engine.dispose()


def like_literal(value: str) -> str:
    """What a person typed, as literal text inside a LIKE pattern."""
    return value.replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_")
