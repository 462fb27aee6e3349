"""How far a backup or a restore is: a bar on a terminal, elsewhere a plain line every 10 seconds."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import click
from rich.console import Console
from rich.filesize import decimal
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from app.backup.archive import Told

SECONDS_BETWEEN_LINES = 10.0


def rows(number: int) -> str:
    return f"{number:,} rows"


def size(number: int) -> str:
    return decimal(number)


@contextmanager
def progress(doing: str, total: int | None, told_as: Callable[[int], str]) -> Iterator[Told]:
    """Tell what it gives how much more is done; with an unknown total the bar only shows that something is."""
    console = Console(stderr=True)
    with _bar(console, doing, total, told_as) if console.is_terminal else _lines(doing, total, told_as) as told:
        yield told


@contextmanager
def _bar(console: Console, doing: str, total: int | None, told_as: Callable[[int], str]) -> Iterator[Told]:
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[done]}"), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task(doing, total=total, done=told_as(0))
        done = 0

        def advance(more: int) -> None:
            nonlocal done
            done += more
            bar.update(task, completed=done, done=told_as(done))

        yield advance


@contextmanager
def _lines(doing: str, total: int | None, told_as: Callable[[int], str]) -> Iterator[Told]:
    """From a thread: when all rows are there, the indexes are still to be built, and nothing is advanced meanwhile."""
    done, over = 0, threading.Event()

    def advance(more: int) -> None:
        nonlocal done
        done += more

    def tell() -> None:
        while not over.wait(SECONDS_BETWEEN_LINES):
            share = f"{100 * done // total} %, " if total else ""
            click.echo(f"{doing}: {share}{told_as(done)}", err=True)

    teller = threading.Thread(target=tell, daemon=True)
    teller.start()
    try:
        yield advance
    finally:
        over.set()
        teller.join()
