"""Run an import: batch by batch, each all or nothing; or try it, and leave everything as it was."""

import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import partial

from app.core.db import RETRYABLE, domain_errors, transact
from app.errors import DomainError, Refused, Unavailable
from app.exchange.commands import CREATED, IN_TRASH, UNCHANGED, UPDATED, import_batch
from app.exchange.mapping import Names
from app.exchange.records import Problem, Reader
from app.exchange.repeats import Met
from app.exchange.rows import Defaults, Row, row_of
from app.extensions import db

FAILED, LEFT_OUT = "failed", "left out"
# A batch ends with the row that brings it to so many characters: a batch lies in memory, and in one statement.
LARGEST_BATCH = 16 * 2**20


@dataclass(frozen=True, slots=True)
class Options:
    """How to import; ``batch_size`` rows (fewer when they are large) are written together or not at all, unless wrong
    ones are ``set_aside``: then the others of their batch are written."""

    names: Names = field(default_factory=Names)
    defaults: Defaults = field(default_factory=Defaults)
    batch_size: int = 500
    dry_run: bool = False
    set_aside: bool = False


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a row: ``what`` is created, updated, unchanged, failed, or left out: because of its batch, or
    because its insight lies in the trash."""

    row: Row
    what: str


@dataclass
class Report:
    """The sum of an import."""

    counts: Counter[str] = field(default_factory=Counter)
    warnings: int = 0
    undated: int = 0
    seconds: float = 0.0

    def add(self, outcome: Outcome) -> None:
        self.counts[outcome.what] += 1
        self.undated += outcome.what == CREATED and outcome.row.undated
        self.warnings += len(outcome.row.warnings)

    @property
    def rows(self) -> int:
        return self.counts.total()

    @property
    def complete(self) -> bool:
        return not self.counts[FAILED] and not self.counts[LEFT_OUT]

    @property
    def notes(self) -> list[str]:
        """What was assumed of many rows, each kind in one line."""
        return [f"{_counted(self.undated, 'row')} without a date: dated now"] if self.undated else []

    def __str__(self) -> str:
        parts = [f"{self.counts[what]} {what}" for what in (CREATED, UPDATED, UNCHANGED, FAILED)]
        parts += [f"{self.counts[what]} {what}" for what in (LEFT_OUT, IN_TRASH) if self.counts[what]]
        rate = self.rows / self.seconds if self.seconds else 0
        return (
            f"{_counted(self.rows, 'row')}: {', '.join(parts)}; {_counted(self.warnings, 'warning')}; "
            f"{self.seconds:.1f} s, {rate:.0f} rows/s"
        )


Tell = Callable[[Outcome, int], None]
Beside = Callable[[Sequence[str]], None]


def run_import(reader: Reader, options: Options, tell: Tell, beside: Beside = lambda done: None) -> Report:
    """Import everything that the reader finds. ``tell`` hears of each row once its batch is done, with the position in
    the input; ``beside`` is called in the transaction of each batch that is written, with what was done with its rows.

    A dry run takes the same path and rolls back each batch: what others write waits for one batch at most.
    """
    started = time.perf_counter()
    report = _write_all(reader, options, tell, _try_out if options.dry_run else partial(_commit, beside))
    report.seconds = time.perf_counter() - started
    return report


# Rows, each with its position in the input.
Batch = list[tuple[Row, int]]
Write = Callable[[Sequence[Row], Met], list[str]]


def _write_all(reader: Reader, options: Options, tell: Tell, write: Write) -> Report:
    report, insights = Report(), Met()
    for batch in _read_ahead(_batches(reader, options)):
        into = _import_good if options.set_aside else _import
        for outcome in into([row for row, _ in batch], write, insights):
            report.add(outcome)
            tell(outcome, batch[-1][1])
    return report


def _batches(reader: Reader, options: Options) -> Iterator[Batch]:
    keys = Met()
    batch: Batch = []
    size = 0
    for number, record in enumerate(reader, 1):
        row = _once(replace(row_of(record, options.names, options.defaults), number=number), keys)
        batch.append((row, record.position))
        size += row.size
        if len(batch) == options.batch_size or size >= LARGEST_BATCH:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _read_ahead(batches: Iterator[Batch]) -> Iterator[Batch]:
    """Read and validate the next batch while the database works on this one."""
    with ThreadPoolExecutor(1) as thread:
        following = thread.submit(next, batches, None)
        while batch := following.result():
            following = thread.submit(next, batches, None)
            yield batch


def _once(row: Row, keys: Met) -> Row:
    """The row, refused when an earlier one of this import has its key."""
    problems = [
        Problem(row.place, f"{key!r} was already given at {first}", "duplicate", name)
        for name, key in row.identities
        if (first := keys.before(f"{name}:{key}", row.number, row.place))
    ]
    return replace(row, problems=tuple(problems)) if problems and not row.problems else row


class _BatchRefused(Exception):
    """Rolls a batch back. ``found`` tells for each row what would be done with it, or why it is refused."""

    def __init__(self, found: list[str | DomainError]) -> None:
        super().__init__("a row of the batch was refused")
        self.found = found


def _import(rows: Sequence[Row], write: Write, insights: Met) -> list[Outcome]:
    if any(row.problems for row in rows):
        return [Outcome(row, FAILED if row.problems else LEFT_OUT) for row in rows]
    try:
        return [Outcome(row, what) for row, what in zip(rows, write(rows, insights), strict=True)]
    except _BatchRefused as refusal:
        return [_not_written(row, found) for row, found in zip(rows, refusal.found, strict=True)]


def _import_good(rows: Sequence[Row], write: Write, insights: Met) -> list[Outcome]:
    """What can be written is, beside rows that are refused."""
    good = [row for row in rows if not row.problems]
    outcomes = {outcome.row.number: outcome for outcome in _import(good, write, insights)} if good else {}
    tried = [outcomes.get(row.number, Outcome(row, FAILED)) for row in rows]
    left_out = [outcome.row for outcome in tried if outcome.what == LEFT_OUT]
    if left_out:
        again = {outcome.row.number: outcome for outcome in _import_good(left_out, write, insights)}
        tried = [again.get(outcome.row.number, outcome) for outcome in tried]
    return tried


def _not_written(row: Row, found: str | DomainError) -> Outcome:
    if isinstance(found, str):
        return Outcome(row, LEFT_OUT)
    return Outcome(replace(row, problems=(Problem(row.place, found.detail, "refused"),)), FAILED)


def _commit(beside: Beside, rows: Sequence[Row], insights: Met) -> list[str]:
    """In a transaction of its own."""

    def command() -> list[str]:
        done = _write_batch(rows, insights)
        beside(done)
        return done

    return transact(command)


class _TriedOut(Exception):
    """Rolls back a batch that could be written. ``done`` tells what would be done with each row."""

    def __init__(self, done: list[str]) -> None:
        super().__init__("the batch was tried out")
        self.done = done


def _try_out(rows: Sequence[Row], insights: Met) -> list[str]:
    """In a transaction that leaves nothing."""

    def command() -> list[str]:
        raise _TriedOut(_write_batch(rows, insights))

    try:
        return transact(command)
    except _TriedOut as tried:
        return tried.done


def _write_batch(rows: Sequence[Row], insights: Met) -> list[str]:
    """Tell what was done with each row. Raises `_BatchRefused`."""
    found = _write(rows, insights)
    done = [each for each in found if isinstance(each, str)]
    if len(done) < len(rows):
        raise _BatchRefused(found)
    return done


def _write(rows: Sequence[Row], insights: Met, again: bool = True) -> list[str | DomainError]:
    """Rows that are refused are tried in halves, to find out which it was.

    A single row is tried twice: somebody else may have made the same insight at the same moment, which then is met.
    """
    try:
        with domain_errors(passing=RETRYABLE), db.session.begin_nested():
            return [*_write_once(rows, insights)]
    except Unavailable:
        raise
    except DomainError as error:
        if len(rows) == 1:
            return _write(rows, insights, again=False) if again else [error]
    half = len(rows) // 2
    return _write(rows[:half], insights) + _write(rows[half:], insights)


def _write_once(rows: Sequence[Row], insights: Met) -> list[str]:
    """Refused when a row is the same stored insight as an earlier one, which had another of its keys."""
    written = import_batch(rows)
    for row, each in zip(rows, written, strict=True):
        if first := insights.before(str(each.insight_id), row.number, row.place):
            raise Refused(f"is the same insight as the row at {first}")
    return [each.what for each in written]


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
