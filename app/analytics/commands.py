"""Upkeep of the counts. Unlike other commands these commit: each runs on a connection of its own, in autocommit."""

from typing import Any

from sqlalchemy import Result, text

from app.core.db import domain_errors, read_rows
from app.extensions import db

# Before PostgreSQL 17 only a table's owner may: others would get a warning into the server's log each time.
MAY_VACUUM = """
SELECT 1 FROM pg_class WHERE oid = 'insight_count_delta'::regclass
  AND CASE WHEN current_setting('server_version_num')::integer >= 170000 THEN has_table_privilege(oid, 'MAINTAIN')
           ELSE pg_has_role(relowner, 'USAGE') END
"""


def fold_counts() -> int:
    """Add the pending changes to the stored counts; any number of processes may do so at any time.

    Returns the number of changes folded, or -1 when another fold is running (nothing is wrong then).
    """
    return _number("SELECT counts_fold()")


def vacuum_deltas() -> None:
    """Free the space of folded changes: autovacuum comes too rarely for tables that are emptied every second.

    Left to it where the application's role may not: see `MAY_VACUUM`.
    """
    if not read_rows(MAY_VACUUM):
        return
    with domain_errors(), db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM (SKIP_LOCKED) insight_count_delta, tag_count_delta"))


def repair_counts() -> int:
    """Make every count equal a recount, then fold; reads all insights and links, but writers need not stop.

    Returns the number of counts and links that were wrong.
    """
    repaired = _number("SELECT counts_repair()")
    fold_counts()
    return repaired


def _number(statement: str) -> int:
    with domain_errors(), db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        result: Result[Any] = connection.execute(text(statement))
        return int(result.scalar_one())
