"""Run an import: batch by batch, each all or nothing; or try it, and leave everything as it was."""

import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field, replace
from itertools import islice

from app.core.db import transact
from app.errors import DomainError, Refused, Unavailable
from app.exchange.commands import CREATED, UNCHANGED, UPDATED, import_batch
from app.exchange.mapping import Names
from app.exchange.records import Place, Problem, Reader
from app.exchange.rows import Defaults, Row, row_of
from app.extensions import db

FAILED, LEFT_OUT = "failed", "left out"
ATTEMPTS = 3


@dataclass(frozen=True, slots=True)
class Options:
    """How to import; ``batch_size`` rows are written together or not at all."""

    names: Names = field(default_factory=Names)
    defaults: Defaults = field(default_factory=Defaults)
    batch_size: int = 500
    dry_run: bool = False


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a row: ``what`` is created, updated, unchanged, failed, or left out because of its batch."""

    row: Row
    what: str


@dataclass
class Report:
    """The sum of an import."""

    counts: Counter[str] = field(default_factory=Counter)
    warnings: int = 0
    seconds: float = 0.0

    def add(self, outcome: Outcome) -> None:
        self.counts[outcome.what] += 1
        self.warnings += len(outcome.row.warnings)

    @property
    def rows(self) -> int:
        return self.counts.total()

    @property
    def complete(self) -> bool:
        return not self.counts[FAILED] and not self.counts[LEFT_OUT]

    def __str__(self) -> str:
        parts = [f"{self.counts[what]} {what}" for what in (CREATED, UPDATED, UNCHANGED, FAILED)]
        if self.counts[LEFT_OUT]:
            parts.append(f"{self.counts[LEFT_OUT]} {LEFT_OUT}")
        rate = self.rows / self.seconds if self.seconds else 0
        return (
            f"{_counted(self.rows, 'row')}: {', '.join(parts)}; {_counted(self.warnings, 'warning')}; "
            f"{self.seconds:.1f} s, {rate:.0f} rows/s"
        )


Tell = Callable[[Outcome, int], None]


def run_import(reader: Reader, options: Options, tell: Tell) -> Report:
    """Import everything that the reader finds. ``tell`` hears of each row once its batch is done, with the position in
    the input. A dry run takes the same path inside one transaction, which it rolls back."""
    started = time.perf_counter()
    report = _try_out(reader, options, tell) if options.dry_run else _write_all(reader, options, tell, _commit)
    report.seconds = time.perf_counter() - started
    return report


class _Done(Exception):
    """Ends the transaction of a dry run."""


def _try_out(reader: Reader, options: Options, tell: Tell) -> Report:
    reports: list[Report] = []

    def command() -> None:
        if reports:
            raise Unavailable("Somebody else is writing the same insights just now: try again.")
        reports.append(Report())
        _write_all(reader, options, tell, _within_savepoint, reports[0])
        raise _Done

    with suppress(_Done):
        transact(command)
    return reports[0]


# Rows, each with its position in the input.
Batch = list[tuple[Row, int]]
Write = Callable[[Sequence[Row]], list[str]]


def _write_all(reader: Reader, options: Options, tell: Tell, write: Write, report: Report | None = None) -> Report:
    report = report or Report()
    for batch in _read_ahead(_batches(reader, options)):
        for outcome in _import([row for row, _ in batch], write):
            report.add(outcome)
            tell(outcome, batch[-1][1])
    return report


def _batches(reader: Reader, options: Options) -> Iterator[Batch]:
    seen: dict[tuple[str, str], Place] = {}
    rows = ((_once(row_of(record, options.names, options.defaults), seen), record.position) for record in reader)
    while batch := list(islice(rows, options.batch_size)):
        yield batch


def _read_ahead(batches: Iterator[Batch]) -> Iterator[Batch]:
    """Read and validate the next batch while the database works on this one."""
    with ThreadPoolExecutor(1) as thread:
        following = thread.submit(next, batches, None)
        while batch := following.result():
            following = thread.submit(next, batches, None)
            yield batch


def _once(row: Row, seen: dict[tuple[str, str], Place]) -> Row:
    """The row, refused when an earlier one of this import has its key."""
    repeated = [identity for identity in row.identities if identity in seen]
    for identity in row.identities:
        seen.setdefault(identity, row.place)
    if not repeated or row.problems:
        return row
    problems = [
        Problem(row.place, f"{key!r} was already given at {seen[name, key]}", "duplicate", name)
        for name, key in repeated
    ]
    return replace(row, problems=tuple(problems))


def _import(rows: Sequence[Row], write: Write) -> list[Outcome]:
    if any(row.problems for row in rows):
        return [Outcome(row, FAILED if row.problems else LEFT_OUT) for row in rows]
    try:
        return [Outcome(row, what) for row, what in zip(rows, write(rows), strict=True)]
    except Unavailable:
        raise
    except DomainError as error:
        return [Outcome(_refused(row, error), FAILED) for row in rows]


def _refused(row: Row, error: DomainError) -> Row:
    problem = Problem(row.place, f"the batch of this row was refused: {error.detail}", "refused")
    return replace(row, problems=(problem,))


def _commit(rows: Sequence[Row]) -> list[str]:
    """In a transaction of its own. An insight that somebody else just made with the same key is met the next time."""
    for _ in range(1, ATTEMPTS):
        try:
            return transact(import_batch, rows)
        except Refused as error:
            if not any(each.code == "duplicate" for each in error.errors):
                raise
    return transact(import_batch, rows)


def _within_savepoint(rows: Sequence[Row]) -> list[str]:
    with db.session.begin_nested():
        return import_batch(rows)


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
