"""Run the SQL of a dump, as pg_restore writes it, on a connection of our own: inside its transaction, with its errors.

That is what psql is for otherwise, which can't go on with migrations before it commits.
"""

import re
from collections.abc import Iterator
from itertools import islice, takewhile
from typing import IO

import psycopg

from app.backup.archive import Told

COPY = re.compile(rb"COPY .* FROM stdin;\n")
END_OF_ROWS = b"\\.\n"
# Orders to psql, and a setting that servers before 17 don't know; our connection has time limits of its own.
SKIPPED = (b"\\restrict ", b"\\unrestrict ", b"SET transaction_timeout = ")
ROWS_AT_ONCE = 1000


def run_script(connection: psycopg.Connection, script: IO[bytes], told: Told = lambda rows: None) -> None:
    """Run it all, telling of rows as they are sent. Memory: what lies between two tables' rows."""
    statements: list[bytes] = []
    lines = iter(script)
    for line in lines:
        if COPY.fullmatch(line):
            _run(connection, statements)
            _copy(connection, line, lines, told)
        elif not line.startswith(SKIPPED):
            statements.append(line)
    _run(connection, statements)


def _run(connection: psycopg.Connection, statements: list[bytes]) -> None:
    connection.execute(b"".join(statements))
    statements.clear()


def _copy(connection: psycopg.Connection, statement: bytes, lines: Iterator[bytes], told: Told) -> None:
    rows = takewhile(lambda line: line != END_OF_ROWS, lines)
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        while some := list(islice(rows, ROWS_AT_ONCE)):
            copy.write(b"".join(some))
            told(len(some))
