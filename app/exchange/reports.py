"""What an upload's report tells: how many rows became what, and the rows that need a look. What a file may hold and
Postgres can't (NUL, halves of surrogate pairs) is spelt out."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from app.exchange.importing import FAILED, Outcome, Report
from app.exchange.output import printable
from app.exchange.records import Problem

# With something to say, and of the others a taste.
MOST_TOLD, MOST_PLAIN = 1_000, 25


@dataclass
class Telling:
    """Gathers rows while an import runs; ``heard`` is told the position after each of them."""

    heard: Callable[[int], None]
    rows: list[dict[str, Any]] = field(default_factory=list)
    told: int = 0
    plain: int = 0

    def __call__(self, outcome: Outcome, position: int) -> None:
        row = outcome.row
        speaks = bool(row.problems or row.warnings) or outcome.what == FAILED
        if speaks and self.told < MOST_TOLD:
            self.told += 1
            self.rows.append(_row(outcome))
        elif not speaks and self.plain < MOST_PLAIN:
            self.plain += 1
            self.rows.append(_row(outcome))
        self.heard(position)

    def report(self, report: Report) -> dict[str, Any]:
        """JSON of the whole."""
        return {
            "counts": dict(report.counts),
            "rows": report.rows,
            "warnings": report.warnings,
            "complete": report.complete,
            "notes": report.notes,
            "seconds": round(report.seconds, 1),
            "told": sorted(self.rows, key=lambda row: (not row["problems"], not row["warnings"])),
        }


def _row(outcome: Outcome) -> dict[str, Any]:
    row = outcome.row
    return {
        "place": printable(str(row.place)),
        "what": outcome.what,
        "label": printable(str(row.given.get("title") or row.label)[:200]),
        "problems": [_problem(each) for each in row.problems],
        "warnings": [_problem(each) for each in row.warnings],
    }


def _problem(problem: Problem) -> dict[str, Any]:
    return {"field": problem.field and printable(problem.field), "message": printable(problem.message)}
