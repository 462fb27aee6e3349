"""The short way for statements that read: psycopg in autocommit over SQLAlchemy's pool, one round trip each.

Through an engine the same read costs about twice the processor time: a connection object, events, a result object, a
ping and a switch to autocommit and back. A broken connection is noticed by the read itself, which is then tried on
another one; that does what a ping before each statement would. Only one that was idle is pinged: what became of a
server that says nothing at all is known sooner so.
"""

from collections.abc import Mapping, Sequence
from functools import lru_cache, partial
from typing import Any, cast
from weakref import WeakKeyDictionary

import psycopg
from blinker import Signal
from psycopg.rows import namedtuple_row
from sqlalchemy import Engine, QueuePool, text
from sqlalchemy.dialects.postgresql.psycopg import dialect as psycopg_dialect

from app.core.patience import Session, Silent, connector

RECYCLE_SECONDS = 3600

# Sent with each statement and its parameters, for those who show, count or replay what is read.
statement_read = Signal("statement read")

_pools: WeakKeyDictionary[Engine, QueuePool] = WeakKeyDictionary()


class Lost(psycopg.OperationalError):
    """The connection was gone before it could answer."""


def read(engine: Engine, statement: str, parameters: Mapping[str, object]) -> Sequence[Any]:
    """Run one statement on the engine's server and return its rows as named tuples. Raises psycopg's errors."""
    pool, sql = _pool(engine), _as_psycopg(statement)
    if statement_read.receivers:
        statement_read.send(engine, statement=sql, parameters=parameters)
    for _ in range(pool.size()):
        try:
            return _run(pool, sql, parameters)
        except Lost:
            continue  # the server was restarted: what else lies in the pool is as dead
    return _run(pool, sql, parameters)


def close(engine: Engine) -> None:
    """Close the idle connections of an engine's readers, before a fork or at the end."""
    if engine in _pools:
        _pools.pop(engine).dispose()


def _run(pool: QueuePool, sql: str, parameters: Mapping[str, object]) -> Sequence[Any]:
    pooled = pool.connect()
    connection = cast("Session", pooled.dbapi_connection)
    try:
        connection.ping()
        with connection.cursor(row_factory=namedtuple_row) as cursor:
            return cursor.execute(sql, parameters).fetchall()
    except psycopg.OperationalError as error:
        if connection.closed:
            pooled.invalidate()
        if connection.closed and not isinstance(error, Silent):  # another session would wait as long
            raise Lost(str(error)) from error
        raise
    finally:
        pooled.close()


def _pool(engine: Engine) -> QueuePool:
    pool = _pools.get(engine)
    return pool if pool is not None else _pools.setdefault(engine, _new_pool(engine))  # of two threads one wins


def _new_pool(engine: Engine) -> QueuePool:
    connect: Any = partial(connector(engine), autocommit=True)
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
