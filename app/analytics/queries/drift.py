"""Whether the maintained counts equal a recount."""

from dataclasses import dataclass
from decimal import Decimal

from app.core.db import read_rows


@dataclass(frozen=True, slots=True)
class Drift:
    """One count that is wrong.

    ``what`` is ``insights``, ``action_seconds``, ``tag_cell``, ``tag`` or ``link``; ``key`` names the cell, tag or
    link.
    """

    what: str
    key: str
    actual: Decimal
    shown: Decimal

    def __str__(self) -> str:
        return f"{self.what} {self.key}: shown {self.shown}, actual {self.actual}"


@dataclass(frozen=True, slots=True)
class Counted:
    """How much there is to be exact: cells of insights, and tags."""

    cells: int
    tags: int


def count_drift() -> list[Drift]:
    """Every count that differs from a recount; empty when all are exact.

    One snapshot, so it may run while others write. Reads all insights and links: for nightly checks and tests.
    """
    rows = read_rows("SELECT what, key, actual, shown FROM counts_drift ORDER BY what, key")
    return [Drift(row.what, row.key, row.actual, row.shown) for row in rows]


def counted() -> Counted:
    """The number of insight cells in use and of tags."""
    (row,) = read_rows(
        """
        SELECT (SELECT count(*) FROM (SELECT FROM insight_cells GROUP BY category_id, status, priority, visibility
                                      HAVING sum(n) <> 0) cell) AS cells,
               (SELECT count(*) FROM tags) AS tags
        """
    )
    return Counted(row.cells, row.tags)
