"""How far an import is: a bar on a terminal, plain lines elsewhere."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, TaskProgressColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bar

PER_SECOND = 10


class Progress:
    """A bar on standard error, or nothing."""

    def __init__(self, bar: Bar | None, total: int) -> None:
        self._bar = bar
        self._task = bar.add_task("Importing", total=total, rate="") if bar else None
        self._rows = 0
        self._started = self._shown = time.monotonic()

    def advance(self, position: int) -> None:
        """One more row is done; ``position`` of the total lies behind."""
        self._rows += 1
        now = time.monotonic()
        if self._bar is None or self._task is None or now - self._shown < 1 / PER_SECOND:
            return
        self._shown = now
        rate = f"{self._rows} rows, {self._rows / (now - self._started):.0f} rows/s"
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
