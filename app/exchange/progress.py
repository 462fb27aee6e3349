"""How far an import is: a bar on a terminal, elsewhere a plain line every 10 seconds."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import click
from rich.console import Console
from rich.progress import BarColumn, TaskProgressColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bar

SECONDS_BETWEEN_BARS, SECONDS_BETWEEN_LINES = 0.1, 10.0


class Progress:
    """A bar or lines on standard error."""

    def __init__(self, bar: Bar | None, total: int) -> None:
        self._bar, self._total = bar, total
        self._task = bar.add_task("Importing", total=total, rate="") if bar else None
        self._between = SECONDS_BETWEEN_BARS if bar else SECONDS_BETWEEN_LINES
        self._rows = 0
        self._started = self._shown = time.monotonic()

    def advance(self, position: int) -> None:
        """One more row is done; ``position`` of the total lies behind."""
        self._rows += 1
        now = time.monotonic()
        if now - self._shown < self._between:
            return
        self._shown = now
        rate = f"{self._rows} rows, {self._rows / (now - self._started):.0f} rows/s"
        if self._bar is None or self._task is None:
            click.echo(f"Importing: {100 * position // max(self._total, 1)} %, {rate}", err=True)
        else:
            self._bar.update(self._task, completed=position, rate=rate)


@contextmanager
def progress(total: int) -> Iterator[Progress]:
    """Show the progress of something of that size (bytes or files) while it runs."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield Progress(None, total)
        return
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TextColumn("{task.fields[rate]}"))
    # On the same terminal, what is printed meanwhile goes above the bar.
    shared = sys.stdout.isatty()
    with Bar(*columns, TimeRemainingColumn(), console=console, transient=True, redirect_stdout=shared) as bar:
        yield Progress(bar, total)
