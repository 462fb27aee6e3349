"""The short way for statements that read: psycopg in autocommit over SQLAlchemy's pool, one round trip each.

Through an engine the same read costs about twice the processor time: a connection object, events, a result object, a
ping and a switch to autocommit and back. A broken connection is noticed by the read itself, which is then tried on
another one; that does what a ping before each statement would. Only one that was idle is pinged: what became of a
server that says nothing at all is known sooner so.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache, partial
from typing import Any, TypeVar, cast
from weakref import WeakKeyDictionary

import psycopg
from blinker import Signal
from psycopg.rows import namedtuple_row
from sqlalchemy import Engine, QueuePool, text
from sqlalchemy.dialects.postgresql.psycopg import dialect as psycopg_dialect

from app.core.patience import Session, Silent, connector

T = TypeVar("T")

RECYCLE_SECONDS = 3600

# Sent with each statement and its parameters, for those who show, count or replay what is read.
statement_read = Signal("statement read")

# Of each engine: one for the statements that may take as long as its own, and one for each shorter time.
_pools: WeakKeyDictionary[Engine, dict[int | None, QueuePool]] = WeakKeyDictionary()

# The seconds that one caller's statements may take, where they are fewer than the engine's.
_allowed: ContextVar[int | None] = ContextVar("allowed", default=None)


class Lost(psycopg.OperationalError):
    """The connection was gone before it could answer."""


def read(engine: Engine, statement: str, parameters: Mapping[str, object]) -> Sequence[Any]:
    """Run one statement on the engine's server and return its rows as named tuples. Raises psycopg's errors."""
    sql = _as_psycopg(statement)
    if statement_read.receivers:
        statement_read.send(engine, statement=sql, parameters=parameters)
    return _with_connection(engine, partial(_rows, sql, parameters))


@contextmanager
def ended_after(seconds: int | None) -> Iterator[None]:
    """Within, Postgres ends each statement that is read here after so many seconds; None: when it ends the engine's."""
    before = _allowed.set(seconds)
    try:
        yield
    finally:
        _allowed.reset(before)


def read_bytes(engine: Engine, statement: str, parameters: Sequence[object]) -> bytes:
    """The only value that one statement with ``$1, $2, ...`` returns, as the bytes that Postgres sent."""
    if statement_read.receivers:
        statement_read.send(engine, statement=statement, parameters=parameters)
    return _with_connection(engine, partial(_only_value, statement, parameters))


def close(engine: Engine) -> None:
    """Close the idle connections of an engine's readers, before a fork or at the end."""
    for pool in _pools.pop(engine, {}).values():
        pool.dispose()


def _rows(sql: str, parameters: Mapping[str, object], connection: Session) -> Sequence[Any]:
    with connection.cursor(row_factory=namedtuple_row) as cursor:
        return cursor.execute(sql, parameters).fetchall()


def _only_value(sql: str, parameters: Sequence[object], connection: Session) -> bytes:
    with psycopg.RawCursor(connection) as cursor:
        result = cursor.execute(sql, parameters).pgresult
        return (result.get_value(0, 0) if result else None) or b"null"


def _with_connection(engine: Engine, ask: Callable[[Session], T]) -> T:
    pool = _pool(engine, _allowed.get())
    for _ in range(pool.size()):
        try:
            return _run(pool, ask)
        except Lost:
            continue  # the server was restarted: what else lies in the pool is as dead
    return _run(pool, ask)


def _run(pool: QueuePool, ask: Callable[[Session], T]) -> T:
    pooled = pool.connect()
    connection = cast("Session", pooled.dbapi_connection)
    try:
        connection.ping()
        return ask(connection)
    except psycopg.OperationalError as error:
        if connection.closed:
            pooled.invalidate()
        if connection.closed and not isinstance(error, Silent):  # another session would wait as long
            raise Lost(str(error)) from error
        raise
    finally:
        pooled.close()


def _pool(engine: Engine, timeout: int | None) -> QueuePool:
    pools = _pools.setdefault(engine, {})
    pool = pools.get(timeout)
    # Of two threads one wins.
    return pool if pool is not None else pools.setdefault(timeout, _new_pool(engine, timeout))


def _new_pool(engine: Engine, timeout: int | None) -> QueuePool:
    options = "" if timeout is None else f" -c statement_timeout={timeout}s"
    connect: Any = partial(connector(engine, options), autocommit=True)
    return QueuePool(
        connect,
        pool_size=engine.pool.size(),  # type: ignore[attr-defined]
        max_overflow=0,
        timeout=engine.pool.timeout(),  # type: ignore[attr-defined]
        recycle=RECYCLE_SECONDS,
        reset_on_return=None,
        use_lifo=True,
    )


@lru_cache(maxsize=1024)
def _as_psycopg(statement: str) -> str:
    """``:name`` as psycopg wants it. Statements are few: constants, assembled, with their values bound."""
    return str(text(statement).compile(dialect=psycopg_dialect()))  # type: ignore[no-untyped-call]
