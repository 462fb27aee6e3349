"""The statement of an operation, sent to Postgres: bytes come back as they are."""

from collections.abc import Sequence

import psycopg
from psycopg import errors as pg

from app.core import reading
from app.extensions import db
from app.graphql_api.deadline import too_long
from app.graphql_api.errors import Code, Rejected


def read_answer(statement: str, parameters: Sequence[object], timeout: int | None = None) -> bytes:
    """The JSON that a statement makes. Raises `Rejected` where Postgres refuses a value, or takes more than ``timeout``
    seconds."""
    try:
        return reading.read_bytes(db.engine, statement, parameters, timeout)
    except psycopg.Error as error:
        raise _meaning(error) from error


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
