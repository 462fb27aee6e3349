"""What the history of an insight says, read past the application, and what really was."""

from typing import Any

import psycopg
from psycopg.rows import dict_row

from app.insights.history import State, states
from app.insights.queries.revisions import STATE


def revisions(connection: psycopg.Connection[Any], insight_id: int = 1) -> list[dict[str, Any]]:
    """The rows, the creation first."""
    with connection.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute("SELECT * FROM insight_revisions WHERE insight_id = %s ORDER BY number", [insight_id])
        return rows.fetchall()


def state(connection: psycopg.Connection[Any], insight_id: int = 1) -> State:
    """What is stored."""
    row = connection.execute(f"SELECT {STATE} FROM insights i WHERE id = %s", [insight_id]).fetchone()
    assert row is not None
    found: State = row[0]
    return found


def past(connection: psycopg.Connection[Any], insight_id: int = 1) -> list[State]:
    """The state after each revision, the creation first, worked out from the stored one."""
    changes = [row["changes"] for row in revisions(connection, insight_id)]
    return list(states(state(connection, insight_id), changes[::-1]))[-2::-1]


def told(connection: psycopg.Connection[Any], insight_id: int = 1) -> list[tuple[Any, ...]]:
    """Of each revision: number, version, verb, who and why, which fields."""
    return [
        (row["number"], row["version"], row["verb"], row["actor_name"], row["message"], sorted(row["changes"]))
        for row in revisions(connection, insight_id)
    ]
