"""Upkeep of the counts. Unlike other commands these commit: each runs on a connection of its own, in autocommit."""

from typing import Any

from sqlalchemy import Result, text

from app.extensions import db


def fold_counts() -> int:
    """Add the pending changes to the stored counts; any number of processes may do so at any time.

    Returns the number of changes folded, or -1 when another fold is running (nothing is wrong then).
    """
    return _number("SELECT counts_fold()")


def vacuum_deltas() -> None:
    """Free the space of folded changes: autovacuum comes too rarely for tables that are emptied every second."""
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM (SKIP_LOCKED) insight_count_delta, tag_count_delta"))


def repair_counts() -> int:
    """Make every count equal a recount, then fold; reads all insights and links, but writers need not stop.

    Returns the number of counts and links that were wrong.
    """
    repaired = _number("SELECT counts_repair()")
    fold_counts()
    return repaired


def _number(statement: str) -> int:
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        result: Result[Any] = connection.execute(text(statement))
        return int(result.scalar_one())
