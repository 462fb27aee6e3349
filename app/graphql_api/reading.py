"""The statement of an operation, sent to Postgres: bytes come back as they are."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import psycopg
from psycopg import errors as pg

from app.core import reading
from app.errors import Unavailable
from app.extensions import db
from app.graphql_api.deadline import too_long
from app.graphql_api.errors import Code, Rejected


def read_answer(statement: str, parameters: Sequence[object]) -> bytes:
    """The JSON that a statement makes. Raises `Rejected` where Postgres refuses a value or ends it."""
    try:
        return reading.read_bytes(db.engine, statement, parameters)
    except psycopg.Error as error:
        raise _meaning(error) from error


@contextmanager
def ended_in_time(timeout: int | None) -> Iterator[None]:
    """Postgres ends each statement within after so many seconds; None: after as many as any other. What others read
    for the operation is refused like a statement of its own."""
    try:
        with reading.ended_after(timeout):
            yield
    except Unavailable as error:
        if isinstance(error.__cause__, pg.QueryCanceled):
            raise too_long() from error
        raise


def _meaning(error: psycopg.Error) -> Exception:
    said = error.diag.message_primary or str(error)
    match error:
        case pg.ProgramLimitExceeded():
            return Rejected(said)
        case pg.StatementTooComplex() | pg.TooManyColumns() | pg.TooManyArguments():
            return Rejected(f"The operation is too large: {said}")
        case pg.DataError() | pg.InvalidRegularExpression():
            return Rejected(said, code=Code.DATA)
        case pg.QueryCanceled():
            return too_long()
    return error
