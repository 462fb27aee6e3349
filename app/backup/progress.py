"""How far a backup or a restore is: a bar on a terminal, nothing elsewhere."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.filesize import decimal
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from app.backup.archive import Told


def rows(number: int) -> str:
    return f"{number:,} rows"


def size(number: int) -> str:
    return decimal(number)


@contextmanager
def progress(doing: str, total: int | None, told_as: Callable[[int], str]) -> Iterator[Told]:
    """Tell what it gives how much more is done; with an unknown total the bar only shows that something is."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield lambda more: None
        return
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[done]}"), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task(doing, total=total, done=told_as(0))
        done = 0

        def advance(more: int) -> None:
            nonlocal done
            done += more
            bar.update(task, completed=done, done=told_as(done))

        yield advance
